package org.fasternet.checkpoint;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * How a network's keys in a file relate to the published ones. Wrappers and detectors put a prefix before every key, and
 * {@code torch.compile} one before the names of what it compiled; timm numbers stages without the mergings, which it calls
 * {@code downsample}, and names the head's layers differently.
 *
 * @param prefix what precedes every key
 * @param timm whether the names after the prefix are timm's
 */
record KeyNames(String prefix, boolean timm) {
    private static final String ANCHOR = "patch_embed.proj.weight";
    private static final List<String> WRAPPERS = List.of("model.", "module.");
    /**
     * The prefix is the patch embedding's, or where there is none, the usual one that all keys share; the majority decides whose
     * names follow it, so that a stray key changes nothing.
     */
    static KeyNames of(Collection<String> keys) {
        List<String> plain = new ArrayList<>();
        List<String> prefixes = new ArrayList<>();
        for (String key : keys) {
            String name = StoredKey.plain(key);
            plain.add(name);
            prefixOfEmbedding(name).ifPresent(prefixes::add);
        }
        String prefix = "";
        if (prefixes.size() == 1) {
            prefix = prefixes.get(0);
        } else {
            for (String longer = prefix; longer != null; longer = longerPrefix(prefix, plain)) {
                prefix = longer;
            }
        }
        int timm = 0;
        for (String key : plain) {
            if (key.startsWith(prefix)) {
                String name = key.substring(prefix.length());
                Optional<NumberedKey> stage = NumberedKey.stage(name);
                String inStage = stage.isPresent() ? stage.get().rest() : "";
                timm += (isOnlyTimms(name, inStage) ? 1 : 0) - (isOnlyPublished(name, inStage) ? 1 : 0);
            }
        }
        return new KeyNames(prefix, timm > 0);
    }

    /** What precedes the name of a patch embedding's weight, with its last dot; empty for another key of {@link StoredKey#plain}. */
    static Optional<String> prefixOfEmbedding(String plain) {
        return plain.equals(ANCHOR) || plain.endsWith("." + ANCHOR)
                ? Optional.of(plain.substring(0, plain.length() - ANCHOR.length()))
                : Optional.empty();
    }

    private static String longerPrefix(String prefix, Collection<String> keys) {
        return WRAPPERS.stream()
                .map(wrapper -> prefix + wrapper)
                .filter(longer -> !keys.isEmpty() && keys.stream().allMatch(key -> key.startsWith(longer)))
                .findFirst()
                .orElse(null);
    }

    /** @param inStage what follows the number of a stage, if one does */
    private static boolean isOnlyTimms(String name, String inStage) {
        return name.startsWith("conv_head.") || name.startsWith("classifier.") || inStage.startsWith("downsample.");
    }

    private static boolean isOnlyPublished(String name, String inStage) {
        return name.startsWith("avgpool_pre_head.") || name.startsWith("head.")
                || inStage.startsWith("reduction.") || inStage.startsWith("norm.");
    }

    /** The published name of a key of the file; a key that has none stays as it is. */
    String published(String key) {
        String plain = StoredKey.plain(key);
        String name = plain.startsWith(prefix) ? plain.substring(prefix.length()) : plain;
        if (!timm) {
            return name;
        }
        Optional<NumberedKey> stage = NumberedKey.stage(name);
        if (stage.isPresent()) {
            int i = stage.get().number();
            String rest = stage.get().rest();
            return rest.startsWith("downsample.")
                    ? "stages." + (2 * i - 1) + "." + rest.substring("downsample.".length())
                    : "stages." + 2 * i + "." + rest;
        }
        return replacePrefix(replacePrefix(name, "conv_head.", "avgpool_pre_head.1."), "classifier.", "head.");
    }

    /** The name that the file has, or would have, for a published key. */
    String inFile(String published) {
        if (!timm) {
            return prefix + published;
        }
        Optional<NumberedKey> stage = NumberedKey.stage(published);
        if (stage.isPresent()) {
            int i = stage.get().number();
            return prefix + "stages." + (i + 1) / 2 + (i % 2 == 1 ? ".downsample." : ".") + stage.get().rest();
        }
        return prefix + replacePrefix(replacePrefix(published, "avgpool_pre_head.1.", "conv_head."), "head.", "classifier.");
    }

    private static String replacePrefix(String text, String from, String to) {
        return text.startsWith(from) ? to + text.substring(from.length()) : text;
    }
}
