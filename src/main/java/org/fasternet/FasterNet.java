package org.fasternet;

import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.fasternet.checkpoint.Checkpoint;
import org.fasternet.checkpoint.CheckpointOptions;
import org.fasternet.compute.ElementType;
import org.fasternet.error.InvalidFileException;
import org.fasternet.error.ShapeException;
import org.fasternet.image.Preprocessing;
import org.fasternet.internal.abi.Bindings;
import org.fasternet.layer.Chain;
import org.fasternet.layer.FasterNetConfig;
import org.fasternet.layer.NamedLayer;
import org.fasternet.layer.Network;
import org.fasternet.layer.PatchConv;
import org.fasternet.layer.Quantization;
import org.fasternet.schedule.Layout;
import org.fasternet.schedule.ProgramSpec;
import org.fasternet.tensor.Shape;

/**
 * A FasterNet: immutable, free of native resources, shared by any number of threads and sessions. It knows where its weights come
 * from and holds hardly any of them: sessions do, packed, and those of the back end {@code fused} share them.
 */
public final class FasterNet {
    private final FasterNetConfig config;
    private final Preprocessing preprocessing;
    private final List<String> labels;
    private final Network network;

    private FasterNet(FasterNetConfig config, Preprocessing preprocessing, List<String> labels, Network network) {
        this.config = config;
        this.preprocessing = preprocessing;
        this.labels = labels;
        this.network = network;
    }

    /**
     * Reads a checkpoint: PyTorch's zip format or safetensors, with the published key names or timm's. The configuration is
     * inferred from the tensors; what they cannot tell comes from a {@code config.json} beside the file, else from the published
     * rules.
     *
     * <p>Everything is checked now, but the weights are read once more by each session that has to pack them. So the file must
     * stay as it is while sessions are opened: {@link #session} refuses one that was changed, replaced or deleted. Open sessions
     * do not need it.
     *
     * @throws org.fasternet.error.InvalidFileException if the file is not such a checkpoint; the message says what is wrong
     *     with it
     */
    public static FasterNet load(Path checkpoint) {
        Bindings.loadAhead();
        return of(Checkpoint.read(checkpoint));
    }

    /**
     * Reads a checkpoint from a stream, so that a model inside an application's jar can be loaded; as
     * {@link Checkpoint#read(InputStream, String, CheckpointOptions)} with nothing known besides.
     *
     * @param in closed at the end
     * @param name what exceptions call it
     * @throws org.fasternet.error.InvalidFileException as {@link #load(Path)}, or if the stream fails or does not end
     */
    public static FasterNet load(InputStream in, String name) {
        Bindings.loadAhead();
        return of(Checkpoint.read(in, name, CheckpointOptions.none()));
    }

    /** The model in the box, {@link Checkpoint#demo}: a small classifier of pictures of clothing, to try things out with. */
    public static FasterNet demo() {
        Bindings.loadAhead();
        return of(Checkpoint.demo());
    }

    /** The model in the box, for {@link org.fasternet.compute.Precision#INT8}: {@link Checkpoint#demoQuantized}. */
    public static FasterNet demoQuantized() {
        Bindings.loadAhead();
        return of(Checkpoint.demoQuantized());
    }

    /** The network of a checkpoint that was read already. */
    public static FasterNet of(Checkpoint checkpoint) {
        FasterNetConfig config = checkpoint.config();
        Preprocessing preprocessing = checkpoint.preprocessing();
        List<NamedLayer> layers = Chain.of(config, checkpoint.folded());
        PatchConv embedding = (PatchConv) layers.get(0).layer();
        Network plain = Network.of(layers, embedding.foldNormalization(preprocessing.mean(), preprocessing.std()));
        Network network;
        try {
            network = checkpoint.quantization().map(scales -> plain.quantized(scales.of(layers))).orElse(plain);
        } catch (ShapeException e) {
            throw new InvalidFileException(checkpoint.source() + ": " + e.getMessage(), e);
        }
        return new FasterNet(config, preprocessing, checkpoint.labels(), network);
    }

    /** A published variant with random weights, the same for the same seed: for measuring, not for classifying. */
    public static FasterNet random(Variant variant, long seed) {
        return random(variant.config(), seed);
    }

    /** Any network with random weights, the same for the same seed. */
    public static FasterNet random(FasterNetConfig config, long seed) {
        return of(Checkpoint.random(config, seed));
    }

    /**
     * The same network, sharing its weights, with other names for its classes.
     *
     * @throws ShapeException unless there is one label per class
     */
    public FasterNet withLabels(List<String> names) {
        config.requireLabels(names);
        return new FasterNet(config, preprocessing, List.copyOf(names), network);
    }

    /**
     * The network up to one of its head's layers, sharing its weights: for retrieval, or features for another classifier. Its
     * sessions write N x features x 1 x 1, and leave out what comes behind. (ONNX Runtime and DJL run the outputs that a file
     * names: there, a second file is exported, or the first one cut.)
     *
     * @throws ShapeException if this is a detection backbone, which has no head
     */
    public FasterNet embedding(Embedding kind) {
        if (config.detection()) {
            throw new ShapeException("a detection backbone has no head to take an embedding from: its outputs are feature maps");
        }
        List<NamedLayer> all = network.layers();
        int end = end(kind);
        PatchConv pixels = (PatchConv) network.pixelLayer().orElseThrow().layer();
        Network first = Network.of(all.subList(0, end), pixels);
        return new FasterNet(config.withoutClasses(), preprocessing, List.of(), network.quantization()
                .map(scales -> first.quantized(new Quantization(scales.src(), scales.layers().subList(0, end)))).orElse(first));
    }

    /** What {@link #embedding} leaves out. */
    List<NamedLayer> behind(Embedding kind) {
        List<NamedLayer> all = network.layers();
        return all.subList(end(kind), all.size());
    }

    /** How many layers there are up to an embedding. */
    private int end(Embedding kind) {
        List<NamedLayer> all = network.layers();
        int end = 1;
        while (!all.get(end - 1).name().equals(kind.layer())) {
            end++;
        }
        return end;
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

    /** How the layers are computed in {@link org.fasternet.compute.Precision#INT8}; empty if the network is not quantized. */
    public Optional<Quantization> quantization() {
        return network.quantization();
    }

    /** The chain of layers, batch normalisation and layer scale folded in. */
    public List<NamedLayer> layers() {
        return network.layers();
    }

    /**
     * Multiply-adds of one run over {@code src}, biases and activations not counted.
     *
     * @throws ShapeException if {@code src} does not fit the network
     */
    public long multiplyAdds(Shape src) {
        long sum = 0;
        Shape shape = src;
        for (NamedLayer named : layers()) {
            sum += named.layer().multiplyAdds(shape);
            shape = named.layer().dst(shape);
        }
        return sum;
    }

    /** A session with {@link SessionOptions#defaults}. */
    public Session session() {
        return session(SessionOptions.defaults());
    }

    /**
     * Compiles the network: chooses a back end, reads and packs the weights unless an open session shares them, allocates. This
     * is slow; run the session often.
     *
     * @throws org.fasternet.error.InvalidFileException if the checkpoint's file has changed since it was loaded, or can no
     *     longer be read
     * @throws org.fasternet.error.UnsupportedException if the back end, precision, ISA or thread count asked for cannot be had
     *     on this machine
     * @throws ShapeException if the size is too small for the network's stages
     */
    public Session session(SessionOptions options) {
        return new Session(Execution.compile(options.backendFor(network), spec(options), "session"), options.pixels().isPresent());
    }

    /** What a session with these options asks a back end for. */
    ProgramSpec spec(SessionOptions options) {
        int height = options.size().map(SessionOptions.Size::height).orElse(preprocessing.height());
        int width = options.size().map(SessionOptions.Size::width).orElse(preprocessing.width());
        Shape src = new Shape(options.batch(), config.inChannels(), height, width);
        boolean pixels = options.pixels().isPresent();
        return new ProgramSpec(
                network,
                src,
                pixels ? ElementType.U8 : ElementType.F32,
                pixels ? pixelLayout(src, options.pixels().get()) : Layout.nchw(src),
                ElementType.F32,
                false,
                options.precision(),
                options.isa(),
                options.resolvedThreads(),
                options.spinMicros(),
                options.device().orElse(0),
                options.tuning());
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
