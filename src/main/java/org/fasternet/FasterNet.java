package org.fasternet;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.fasternet.backend.Backends;
import org.fasternet.checkpoint.Checkpoint;
import org.fasternet.layer.Chain;
import org.fasternet.layer.NamedLayer;
import org.fasternet.layer.PatchConv;
import org.fasternet.schedule.ElementType;
import org.fasternet.schedule.Layout;
import org.fasternet.schedule.ProgramSpec;
import org.fasternet.tensor.Shape;

/**
 * A FasterNet with its weights: immutable, free of native resources, shared by any number of threads and sessions.
 */
public final class FasterNet {
    private final FasterNetConfig config;
    private final Preprocessing preprocessing;
    private final List<String> labels;
    private final List<NamedLayer> layers;

    private FasterNet(Checkpoint checkpoint) {
        config = checkpoint.config();
        preprocessing = checkpoint.preprocessing();
        labels = checkpoint.labels();
        layers = Chain.of(config, checkpoint.folded());
    }

    /**
     * Reads a checkpoint: PyTorch's zip format or safetensors, with the published key names or timm's. The configuration is inferred
     * from the tensors; what they cannot tell comes from a {@code config.json} beside the file, else from the published rules.
     *
     * @throws InvalidFileException if the file is not such a checkpoint; the message says what is wrong with it
     */
    public static FasterNet load(Path checkpoint) {
        return of(Checkpoint.read(checkpoint));
    }

    /** The network of a checkpoint that was read already. */
    public static FasterNet of(Checkpoint checkpoint) {
        return new FasterNet(checkpoint);
    }

    /** A published variant with random weights, the same for the same seed: for measuring, not for classifying. */
    public static FasterNet random(Variant variant, long seed) {
        return random(variant.config(), seed);
    }

    /** Any network with random weights, the same for the same seed. */
    public static FasterNet random(FasterNetConfig config, long seed) {
        return of(Checkpoint.random(config, seed));
    }

    public FasterNetConfig config() {
        return config;
    }

    /** What turns an image into this network's input. */
    public Preprocessing preprocessing() {
        return preprocessing;
    }

    /** One name per class, or empty if the checkpoint had none. */
    public List<String> labels() {
        return labels;
    }

    /** The chain of layers, batch normalisation and layer scale folded in. */
    public List<NamedLayer> layers() {
        return layers;
    }

    /** A session with {@link SessionOptions#defaults}. */
    public Session session() {
        return session(SessionOptions.defaults());
    }

    /**
     * Compiles the network: chooses a back end, packs the weights, allocates. This is slow; run the session often.
     *
     * @throws UnsupportedException if the back end, precision or thread count asked for cannot be had on this machine
     * @throws ShapeException if the size is too small for the network's stages
     */
    public Session session(SessionOptions options) {
        return new Session(
                Backends.choose(options.backend(), options.precision()).compile(spec(options)), options.pixels().isPresent());
    }

    private ProgramSpec spec(SessionOptions options) {
        int height = options.size().map(SessionOptions.Size::height).orElse(preprocessing.height());
        int width = options.size().map(SessionOptions.Size::width).orElse(preprocessing.width());
        Shape src = new Shape(options.batch(), config.inChannels(), height, width);
        boolean pixels = options.pixels().isPresent();
        return new ProgramSpec(
                pixels ? layersForPixels() : layers,
                src,
                pixels ? ElementType.U8 : ElementType.F32,
                pixels ? pixelLayout(src, options.pixels().get()) : Layout.nchw(src),
                ElementType.F32,
                false,
                options.precision(),
                options.resolvedThreads());
    }

    private List<NamedLayer> layersForPixels() {
        List<NamedLayer> folded = new ArrayList<>(layers);
        PatchConv embedding = (PatchConv) layers.get(0).layer();
        folded.set(0, new NamedLayer(
                layers.get(0).name(), embedding.foldNormalization(preprocessing.mean(), preprocessing.std())));
        return folded;
    }

    private static Layout pixelLayout(Shape src, SessionOptions.Pixels pixels) {
        int dense = src.w() * src.c();
        int rowStride = pixels.rowStride().orElse(dense);
        if (rowStride < dense) {
            throw new ShapeException("a row stride of " + rowStride + " bytes: a row of " + src.w() + " pixels has " + dense);
        }
        if ((long) src.n() * src.h() * rowStride > Integer.MAX_VALUE) {
            throw new ShapeException("a row stride of " + rowStride + " bytes makes " + src + " larger than a buffer can be");
        }
        return Layout.rows(src, rowStride);
    }
}
