package org.fasternet.checkpoint;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import org.fasternet.InvalidFileException;
import org.fasternet.internal.io.InputFile;
import org.fasternet.internal.io.MalformedException;
import org.fasternet.tensor.DType;
import org.fasternet.tensor.Tensor;

/**
 * Reads the tensors of a checkpoint, whatever its format: a zip file as {@code torch.save} writes it, or safetensors. The content
 * decides, not the file's name. A checkpoint is untrusted input: nothing in it is executed or instantiated, and the memory its
 * reading takes is in proportion to the file's size.
 */
public final class StateDictReader {
    private static final System.Logger LOG = System.getLogger(StateDictReader.class.getName());
    /** How many bytes the formats can be told apart by: the magic of a tar archive ends here. */
    private static final int HEAD = 262;
    private static final byte[] ZIP = {'P', 'K'};
    /** A pickle of protocol 2 with the first bytes of the number that files of PyTorch before 1.6 begin with. */
    private static final byte[] LEGACY_PICKLE = {(byte) 0x80, 2, (byte) 0x8a, 10, 0x6c, (byte) 0xfc, (byte) 0x9c, 0x46};
    private static final byte[] TAR = "ustar".getBytes(StandardCharsets.US_ASCII);

    private StateDictReader() {
    }

    /**
     * The floating-point tensors by name, widened to f32, in the file's order. The counters {@code *.num_batches_tracked} that
     * batch normalisation keeps for training are left out. NaN and infinite values are logged as a warning.
     *
     * @throws InvalidFileException if the file cannot be read, is no checkpoint, or holds another tensor that is not F32, F16 or
     *         BF16: an F64 would have to be rounded, and no published FasterNet has one
     */
    public static Map<String, Tensor> read(Path path) {
        Map<String, Tensor> tensors = InputFile.read(path, size -> {
            Map<String, Tensor> read = isZip(path) ? PyTorchReader.read(path, size) : SafetensorsReader.read(path, size);
            if (read.isEmpty()) {
                throw new MalformedException("holds no tensor");
            }
            return read;
        });
        warnOfNonFinite(path, tensors);
        return tensors;
    }

    /** What the header of a safetensors file holds under {@code __metadata__}; nothing for a PyTorch file. */
    public static Map<String, String> metadata(Path path) {
        return InputFile.read(path, size -> isZip(path) ? Map.of() : SafetensorsReader.metadata(path, size));
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

    /** Whether a state dict's entry says nothing about the network's function. */
    static boolean isIgnored(String key) {
        return key.endsWith("num_batches_tracked");
    }

    /** The stored type of the tensor {@code key} by its safetensors name. */
    static DType dtype(String key, String name) throws MalformedException {
        for (DType dtype : DType.values()) {
            if (dtype.name().equals(name)) {
                return dtype;
            }
        }
        throw new MalformedException("tensor " + MalformedException.quote(key) + " has dtype " + MalformedException.quote(name)
                + "; one of " + Arrays.toString(DType.values()) + " is expected");
    }

    private static void warnOfNonFinite(Path path, Map<String, Tensor> tensors) {
        long count = 0;
        String first = null;
        for (Map.Entry<String, Tensor> tensor : tensors.entrySet()) {
            int found = nonFinite(tensor.getValue().data());
            first = found > 0 ? Objects.requireNonNullElse(first, tensor.getKey()) : first;
            count += found;
        }
        if (count > 0) {
            LOG.log(System.Logger.Level.WARNING, path + ": " + count + " weights are NaN or infinite, the first in tensor "
                    + MalformedException.quote(first));
        }
    }

    private static int nonFinite(float[] values) {
        int count = 0;
        for (float value : values) {
            count += Float.isFinite(value) ? 0 : 1;
        }
        return count;
    }
}
