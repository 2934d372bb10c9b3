package org.fasternet.checkpoint;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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
    private static final Pattern ONLY_TIMM =
            Pattern.compile("(conv_head|classifier|stages\\.\\d+\\.downsample)\\..*", Pattern.DOTALL);
    private static final Pattern ONLY_PUBLISHED =
            Pattern.compile("(avgpool_pre_head|head|stages\\.\\d+\\.(reduction|norm))\\..*", Pattern.DOTALL);
    /** Nine digits, so that twice the number fits an {@code int}. */
    private static final Pattern STAGE = Pattern.compile("stages\\.(\\d{1,9})\\.(.*)", Pattern.DOTALL);

    /**
     * The prefix is the patch embedding's, or where there is none, the usual one that all keys share; the majority decides whose
     * names follow it, so that a stray key changes nothing.
     */
    static KeyNames of(Collection<String> keys) {
        List<String> plain = keys.stream().map(StoredKey::plain).toList();
        List<String> prefixes = plain.stream().flatMap(key -> prefixOfEmbedding(key).stream()).toList();
        String prefix = "";
        if (prefixes.size() == 1) {
            prefix = prefixes.get(0);
        } else {
            for (String longer = prefix; longer != null; longer = longerPrefix(prefix, plain)) {
                prefix = longer;
            }
        }
        return new KeyNames(prefix, count(plain, prefix, ONLY_TIMM) > count(plain, prefix, ONLY_PUBLISHED));
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

    private static long count(Collection<String> keys, String prefix, Pattern pattern) {
        return keys.stream()
                .filter(key -> key.startsWith(prefix))
                .map(key -> key.substring(prefix.length()))
                .filter(pattern.asMatchPredicate())
                .count();
    }

    /** The published name of a key of the file; a key that has none stays as it is. */
    String published(String key) {
        String plain = StoredKey.plain(key);
        String name = plain.startsWith(prefix) ? plain.substring(prefix.length()) : plain;
        if (!timm) {
            return name;
        }
        Matcher stage = STAGE.matcher(name);
        if (stage.matches()) {
            int i = Integer.parseInt(stage.group(1));
            String rest = stage.group(2);
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
        Matcher stage = STAGE.matcher(published);
        if (stage.matches()) {
            int i = Integer.parseInt(stage.group(1));
            return prefix + "stages." + (i + 1) / 2 + (i % 2 == 1 ? ".downsample." : ".") + stage.group(2);
        }
        return prefix + replacePrefix(replacePrefix(published, "avgpool_pre_head.1.", "conv_head."), "head.", "classifier.");
    }

    private static String replacePrefix(String text, String from, String to) {
        return text.startsWith(from) ? to + text.substring(from.length()) : text;
    }
}
