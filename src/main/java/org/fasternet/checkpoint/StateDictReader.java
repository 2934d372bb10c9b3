package org.fasternet.checkpoint;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.fasternet.error.InvalidFileException;
import org.fasternet.internal.io.FileVersion;
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
     * <p>All values are read and checked now, but only vectors are kept: a larger tensor is deferred, and reads its part of the
     * file anew whenever it is asked for its values. Until then the file must stay as it is; another one in its place is refused.
     *
     * @throws InvalidFileException if the file cannot be read, is no checkpoint, or holds another tensor that is not F32, F16 or
     *         BF16: an F64 would have to be rounded, and no published FasterNet has one
     */
    public static Map<String, Tensor> read(Path path) {
        StateDict dict = InputFile.read(path, size -> {
            FileVersion file = FileVersion.of(path);
            StateDict read = isZip(path) ? PyTorchReader.read(file, size) : SafetensorsReader.read(file, size);
            if (read.tensors().isEmpty()) {
                throw new MalformedException("holds no tensor");
            }
            return read;
        });
        dict.warnOfNonFinite(path);
        return dict.tensors();
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
}
