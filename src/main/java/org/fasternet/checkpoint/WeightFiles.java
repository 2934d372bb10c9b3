package org.fasternet.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.fasternet.error.InvalidFileException;
import org.fasternet.internal.io.InputFile;
import org.fasternet.internal.io.Json;
import org.fasternet.internal.io.MalformedException;

/**
 * The files that a path to a checkpoint means: itself; for a folder, as a hub's snapshot is one, the weights in it; for an index,
 * the shards that it names.
 *
 * @param file with the weights, or the index
 * @param shards by key, the shard's path; empty unless the file is an index
 */
record WeightFiles(Path file, Map<String, Path> shards) {
    private static final String INDEX = ".index.json";
    /** What the hub's libraries look for in a folder, and in which order. */
    private static final List<String> NAMES = List.of(
            "model.safetensors", "model.safetensors" + INDEX, "pytorch_model.bin", "pytorch_model.bin" + INDEX);
    private static final int MAX_INDEX = 8 << 20;
    private static final int MAX_SHARDS = 1000;
    /** The names by key lie two deep; beside them is metadata. */
    private static final int MAX_DEPTH = 100;

    /** @throws InvalidFileException if a folder has no weights under their usual names, or an index is not one */
    static WeightFiles of(Path path) {
        Path file = Files.isDirectory(path) ? inFolder(path) : path;
        return new WeightFiles(file, isIndex(file) ? index(file) : Map.of());
    }

    private static Path inFolder(Path folder) {
        return NAMES.stream().map(folder::resolve).filter(Files::isRegularFile).findFirst()
                .orElseThrow(() -> new InvalidFileException(folder + ": is a folder without weights: one of "
                        + String.join(", ", NAMES) + " is expected in it, or name the file"));
    }

    private static boolean isIndex(Path file) {
        return file.getFileName() != null && file.getFileName().toString().endsWith(INDEX);
    }

    private static Map<String, Path> index(Path file) {
        return InputFile.read(file, size -> {
            if (size > MAX_INDEX) {
                throw new MalformedException("has " + size + " bytes; at most " + MAX_INDEX + " are expected of an index");
            }
            Map<String, Path> shards = new LinkedHashMap<>();
            for (Map.Entry<?, ?> entry : weightMap(file).entrySet()) {
                String key = (String) entry.getKey();
                shards.put(key, shard(file, key, entry.getValue()));
            }
            if (shards.isEmpty() || shards.values().stream().distinct().count() > MAX_SHARDS) {
                throw new MalformedException("is an index of no shard, or of more than " + MAX_SHARDS);
            }
            return shards;
        });
    }

    private static Map<?, ?> weightMap(Path file) throws IOException {
        Object index;
        try {
            index = Json.parse(Files.readAllBytes(file), MAX_DEPTH);
        } catch (MalformedException e) {
            throw new MalformedException("is no index: " + e.getMessage());
        }
        if (index instanceof Map<?, ?> object && object.get("weight_map") instanceof Map<?, ?> map) {
            return map;
        }
        throw new MalformedException("is an index without 'weight_map', an object of file names by key");
    }

    /** A shard lies in the index's folder or below; a snapshot's files are links to elsewhere, which are the system's business. */
    private static Path shard(Path index, String key, Object name) throws MalformedException {
        String what = "names the shard " + MalformedException.quote(String.valueOf(name)) + " of " + MalformedException.quote(key);
        if (!(name instanceof String text) || text.isEmpty()) {
            throw new MalformedException(what + ": a file name is expected");
        }
        try {
            Path folder = index.toAbsolutePath().normalize().getParent();
            Path shard = folder.resolve(text).normalize();
            if (!shard.startsWith(folder) || shard.equals(folder)) {
                throw new MalformedException(what + ", which is not in the index's folder");
            }
            return Optional.ofNullable(index.getParent()).orElse(Path.of("")).resolve(folder.relativize(shard));
        } catch (InvalidPathException e) {
            throw new MalformedException(what + ", which is no path");
        }
    }
}
