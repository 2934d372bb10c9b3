package org.fasternet.checkpoint;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.fasternet.error.InvalidFileException;
import org.fasternet.internal.io.FileVersion;
import org.fasternet.internal.io.InputFile;
import org.fasternet.internal.io.MalformedException;
import org.fasternet.internal.io.ReadableFile;
import org.fasternet.tensor.DType;
import org.fasternet.tensor.Tensor;

/**
 * Reads the tensors of a checkpoint, whatever its format: a zip file as {@code torch.save} writes it, or safetensors. The content
 * decides, not the file's name. A checkpoint is untrusted input: nothing in it is executed or instantiated, and the memory its
 * reading takes is in proportion to the file's size.
 */
public final class StateDictReader {
    /** How many bytes the formats can be told apart by: the magic of a tar archive ends here. */
    private static final int HEAD = 262;
    private static final byte[] ZIP = {'P', 'K'};
    /** A pickle of protocol 2 with the first bytes of the number that files of PyTorch before 1.6 begin with. */
    private static final byte[] LEGACY_PICKLE = {(byte) 0x80, 2, (byte) 0x8a, 10, 0x6c, (byte) 0xfc, (byte) 0x9c, 0x46};
    private static final byte[] TAR = "ustar".getBytes(StandardCharsets.US_ASCII);

    private StateDictReader() {
    }

    /**
     * The floating-point tensors of a network by name, in the file's order, as f32: F64 is rounded, once. Which of several dicts
     * or prefixes in the file is meant, and what is left out, {@link CheckpointOptions#withState} tells. Integers, and the
     * counters that training and profilers keep in modules, are left out. NaN and infinite values are logged as a warning.
     *
     * <p>All values are read and checked now, but only vectors are kept: a larger tensor is deferred, and reads its part of the
     * file anew whenever it is asked for its values. Until then the file must stay as it is; another one in its place is refused.
     *
     * @param path a file; a folder with {@code model.safetensors} or {@code pytorch_model.bin}; or the {@code .index.json} of a
     *     checkpoint in several files
     * @throws InvalidFileException if the file cannot be read, is no checkpoint, or holds a tensor of the network that is not
     *     F64, F32, F16 or BF16
     */
    public static Map<String, Tensor> read(Path path) {
        return read(WeightFiles.of(path), Optional.empty()).tensors();
    }

    /** @param state as {@link CheckpointOptions#state} */
    static StateDict read(WeightFiles files, Optional<String> state) {
        if (files.shards().isEmpty()) {
            return read(ReadableFile.of(files.file()), state);
        }
        StateDict dict = new StateDict();
        readShards(files, state, dict);
        return checked(dict, files.file().toString());
    }

    /** As {@link #read(WeightFiles, Optional)}, of one file. */
    static StateDict read(ReadableFile file, Optional<String> state) {
        StateDict dict = new StateDict();
        read(file, dict, keys -> {
            StateSelection selection = StateSelection.of(keys, state);
            dict.foundAt(selection.origin());
            return selection.own();
        });
        return checked(dict, file.name());
    }

    private static StateDict checked(StateDict dict, String name) {
        if (dict.tensors().isEmpty()) {
            throw new InvalidFileException(name + ": holds no tensor of floating point");
        }
        dict.warnOfNonFinite(name);
        return dict;
    }

    private static void readShards(WeightFiles files, Optional<String> state, StateDict dict) {
        List<StoredKey> keys = files.shards().keySet().stream().map(key -> new StoredKey("", key, StoredKey.UNKNOWN)).toList();
        StateSelection selection = InputFile.read(files.file(), size -> StateSelection.of(keys, state));
        dict.foundAt(selection.origin());
        Predicate<StoredKey> own = selection.own();
        for (Path shard : new LinkedHashSet<>(files.shards().values())) {
            read(ReadableFile.of(shard), dict, stored -> {
                checkShard(files, shard, stored);
                return own;
            });
        }
        // One shard's header is not the whole's.
        dict.describe(Map.of());
        dict.quantized(Optional.empty());
    }

    /** A shard has what the index says, no more and no less. */
    private static void checkShard(WeightFiles files, Path shard, List<StoredKey> stored) throws MalformedException {
        Set<String> keys = stored.stream().map(StoredKey::key).collect(Collectors.toSet());
        for (StoredKey key : stored) {
            Path said = files.shards().get(key.key());
            if (!shard.equals(said)) {
                throw new MalformedException("is a shard with the tensor " + MalformedException.quote(key.key()) + ", which "
                        + files.file().getFileName() + (said == null ? " does not have" : " says is in " + said.getFileName()));
            }
        }
        for (Map.Entry<String, Path> said : files.shards().entrySet()) {
            if (said.getValue().equals(shard) && !keys.contains(said.getKey())) {
                throw new MalformedException("is a shard without the tensor " + MalformedException.quote(said.getKey())
                        + ", which " + files.file().getFileName() + " says is in it");
            }
        }
    }

    private static void read(ReadableFile file, StateDict dict, StateChooser chooser) {
        InputFile.read(file.path(), file.name(), size -> {
            FileVersion version = FileVersion.of(file);
            if (isZip(file.path())) {
                PyTorchReader.read(version, size, chooser, dict);
            } else {
                SafetensorsReader.read(version, size, chooser, dict);
            }
            return dict;
        });
    }

    /** What the header of a safetensors file holds under {@code __metadata__}; nothing for a PyTorch file or an index. */
    public static Map<String, String> metadata(Path path) {
        WeightFiles files = WeightFiles.of(path);
        if (!files.shards().isEmpty()) {
            return Map.of();
        }
        return InputFile.read(files.file(), size ->
                isZip(files.file()) ? Map.of() : SafetensorsReader.metadata(files.file(), size));
    }

    private static boolean isZip(Path path) throws IOException {
        byte[] head;
        try (InputStream in = Files.newInputStream(path)) {
            head = in.readNBytes(HEAD);
        }
        if (holds(head, 0, LEGACY_PICKLE) || holds(head, HEAD - TAR.length, TAR)) {
            throw new MalformedException("is in the format of PyTorch before 1.6; load it in PyTorch and save it again, "
                    + "or convert it to safetensors");
        }
        return holds(head, 0, ZIP);
    }

    private static boolean holds(byte[] head, int at, byte[] magic) {
        return head.length >= at + magic.length && Arrays.equals(head, at, at + magic.length, magic, 0, magic.length);
    }

    /** The stored type of the tensor {@code key} by its safetensors name. */
    static DType dtype(String key, String name) throws MalformedException {
        for (DType dtype : DType.floating()) {
            if (dtype.name().equals(name)) {
                return dtype;
            }
        }
        throw new MalformedException("tensor " + MalformedException.quote(key) + " has dtype " + MalformedException.quote(name)
                + "; one of " + DType.floating() + " is expected");
    }
}
