package org.fasternet.checkpoint;

import java.io.InputStream;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.fasternet.error.InvalidFileException;
import org.fasternet.error.ShapeException;
import org.fasternet.image.Preprocessing;
import org.fasternet.internal.io.MalformedException;
import org.fasternet.internal.io.ReadableFile;
import org.fasternet.layer.Activation;
import org.fasternet.layer.FasterNetConfig;
import org.fasternet.layer.MatrixScales;
import org.fasternet.tensor.DType;
import org.fasternet.tensor.Tensor;

/**
 * The weights of a FasterNet together with all that is known of the network, checked against each other: every parameter that the
 * configuration implies is there with the shape it implies, and nothing else is.
 *
 * <p>Immutable, so that threads may share it, as long as nobody writes to the tensors' arrays. Those of a file are deferred, as
 * {@link StateDictReader#read} says: the file must stay as it is for as long as their values are asked for.
 */
public final class Checkpoint {
    private static final long MAX_STREAM = 1L << 32;

    private final String source;
    private final FasterNetConfig config;
    private final String activationSource;
    private final Preprocessing preprocessing;
    private final List<String> labels;
    private final Structure structure;
    private final Map<String, Tensor> weights;
    private final StateOrigin origin;
    private final Optional<StoredQuantization> quantization;

    private Checkpoint(
            String source,
            FasterNetConfig config,
            String activationSource,
            Preprocessing preprocessing,
            List<String> labels,
            Structure structure,
            Map<String, Tensor> weights,
            StateOrigin origin,
            Optional<StoredQuantization> quantization) {
        this.source = source;
        this.config = config;
        this.activationSource = activationSource;
        this.preprocessing = preprocessing;
        this.labels = labels;
        this.structure = structure;
        this.weights = Collections.unmodifiableMap(weights);
        this.origin = origin;
        this.quantization = quantization;
    }

    /** Reads a checkpoint with nothing known besides the file. */
    public static Checkpoint read(Path path) {
        return read(path, CheckpointOptions.none());
    }

    /**
     * Reads a checkpoint in any of the formats of {@link StateDictReader}, with the key names of the published code or timm's,
     * trained or folded, under any prefix and in any dict of the file: the network stands where its patch embedding stands.
     * Sizes and structure come from the tensors. The activation, preprocessing and labels come from the
     * config.json that the options name; else from the header, if {@link #write} made the file; else from the config.json beside
     * the file. An activation that is not said there is the options', else the published one.
     *
     * @throws InvalidFileException if a file cannot be read, a parameter is missing, surplus or mis-shaped (it is named), or what
     *     config.json or the options say contradicts the weights or each other
     */
    public static Checkpoint read(Path path, CheckpointOptions options) {
        WeightFiles files = WeightFiles.of(path);
        Optional<ModelCard> given = options.config().map(ModelCard::read);
        StateDict dict = logged(path.toString(), StateDictReader.read(files, options.state()));
        ModelCard card = ModelCard.find(given, dict, Optional.of(files.file()), path.toString());
        return of(path.toString(), dict, card, options.activation());
    }

    /**
     * Reads a checkpoint from a stream, to its end, such as one inside an application's jar: with the same checks, and nothing
     * beside it. The weights do not stay in memory: they are written to a file in the folder for temporary files
     * ({@code java.io.tmpdir}), which is deleted once nothing can ask for them any more, or when the JVM ends.
     *
     * @param in closed at the end
     * @param name what exceptions call it
     * @throws InvalidFileException as {@link #read(Path, CheckpointOptions)}; if the stream fails, or goes on beyond 2^32 bytes
     */
    public static Checkpoint read(InputStream in, String name, CheckpointOptions options) {
        ReadableFile file = ReadableFile.of(in, name, MAX_STREAM);
        Optional<ModelCard> given = options.config().map(ModelCard::read);
        StateDict dict = logged(name, StateDictReader.read(file, options.state()));
        return of(name, dict, ModelCard.find(given, dict, Optional.empty(), name), options.activation());
    }

    private static StateDict logged(String name, StateDict dict) {
        StateOrigin origin = dict.origin();
        if (!origin.leftOut().isEmpty()) {
            System.getLogger(Checkpoint.class.getName()).log(System.Logger.Level.INFO, name + ": the network is at "
                    + MalformedException.quote(origin.place()) + "; left out: " + origin.leftOutText());
        }
        return dict;
    }

    /**
     * The model in the box: a small classifier of grey 56x56 images of clothing, trained on Fashion-MNIST, with its labels. Its
     * origin and accuracy are told in the README beside it.
     */
    public static Checkpoint demo() {
        return DemoModel.read();
    }

    /** The model in the box with scales for 8 bits, by 100 of its test images. */
    public static Checkpoint demoQuantized() {
        return DemoModel.readQuantized();
    }

    /** As {@link #read}, of tensors under the names they have in a file. */
    static Checkpoint of(String source, StateDict dict, ModelCard card, Optional<Activation> asked) {
        Map<String, Tensor> stored = dict.tensors();
        try {
            KeyNames names = KeyNames.of(stored.keySet());
            Map<String, String> nameInFile = publishedToStored(names, stored);
            Structure structure = Inference.structure(nameInFile.keySet());
            KeyCheck check = new KeyCheck(
                    structure.parameters(), key -> nameInFile.getOrDefault(key, names.inFile(key)));
            check.integers(nameInFile.keySet(), dict.integers());
            check.keys(nameInFile.keySet());
            Map<String, Tensor> weights = new LinkedHashMap<>();
            structure.parameters().forEach(p -> weights.put(p.key(), stored.get(nameInFile.get(p.key()))));
            FasterNetConfig config = Inference.config(structure, weights);
            check.shapes(config, weights);
            card.checkAgainst(config, structure.folded());
            Chosen chosen = Chosen.of(card, asked, config.embedDim());
            return new Checkpoint(source, config.withActivation(chosen.activation), chosen.activation.id() + ", " + chosen.why,
                    card.preprocessing(config.inChannels()), card.labels(config.numClasses()), structure, weights,
                    dict.origin(), dict.quantization());
        } catch (ShapeException e) {
            throw new InvalidFileException(source + ": " + e.getMessage(), e);
        }
    }

    private static Map<String, String> publishedToStored(KeyNames names, Map<String, Tensor> stored) {
        Map<String, String> published = new LinkedHashMap<>();
        for (String key : stored.keySet()) {
            String other = published.put(names.published(key), key);
            if (other != null) {
                throw new ShapeException(MalformedException.quote(other) + " and " + MalformedException.quote(key)
                        + " are two names of one parameter");
            }
        }
        return published;
    }

    /** An activation and the rule by which it was chosen. */
    private record Chosen(Activation activation, String why) {
        static Chosen of(ModelCard card, Optional<Activation> asked, int embedDim) {
            Optional<Activation> said = card.activation();
            if (said.isPresent() && asked.isPresent() && !said.equals(asked)) {
                throw new ShapeException("the activation is " + said.get().id() + " according to " + card.name() + ", but "
                        + asked.get().id() + " was asked for");
            }
            return said.map(activation -> new Chosen(activation, "from " + card.name()))
                    .or(() -> asked.map(activation -> new Chosen(activation, "as asked")))
                    .orElseGet(() -> new Chosen(Activation.published(embedDim), "the published rule for embed_dim " + embedDim));
        }
    }

    /**
     * A network that nobody has trained, with weights of a trained one's magnitudes: activations and logits are of the order of 1
     * at any depth. The weights depend on nothing but the arguments; preprocessing is {@link Preprocessing#imagenet}.
     */
    public static Checkpoint random(FasterNetConfig config, long seed) {
        return new Checkpoint("random weights, seed " + seed, config, config.activation().id() + ", as configured",
                Preprocessing.imagenet(config.inChannels()), List.of(), Structure.of(config),
                RandomWeights.generate(config, seed), StateOrigin.whole(), Optional.empty());
    }

    /**
     * The same network with scales, by which it can be computed in 8 bits too. Its weights are what is stored of them then.
     *
     * @param folded weights under the names of {@link #folded}, those of a matrix with scales rounded to them
     * @throws ShapeException if the scales do not fit the network
     */
    public Checkpoint quantized(Map<String, Tensor> folded, StoredQuantization scales) {
        return new Checkpoint(source, config, activationSource, preprocessing, labels, structure.withoutNorms(), folded, origin,
                Optional.of(scales));
    }

    /**
     * The same network with other names for its classes, which {@link #write} writes then.
     *
     * @throws ShapeException unless there is one label per class
     */
    public Checkpoint withLabels(List<String> names) {
        config.requireLabels(names);
        return new Checkpoint(source, config, activationSource, preprocessing, List.copyOf(names), structure, weights, origin,
                quantization);
    }

    /** The scales by which it can be computed in 8 bits; empty if it has none. */
    public Optional<StoredQuantization> quantization() {
        return quantization;
    }

    /**
     * Writes a {@link #quantized} network, as {@link #write}: weights as whole numbers of 8 bits, scales in the header.
     *
     * @return how many tensors were written
     * @throws IllegalStateException if it has no scales
     * @throws InvalidFileException if the file cannot be written
     */
    public int writeQuantized(Path path) {
        StoredQuantization scales = quantization.orElseThrow(() -> new IllegalStateException(source + " is not quantized"));
        Map<String, Tensor> stored = new LinkedHashMap<>();
        weights.forEach((name, tensor) -> stored.put(name, scales.isStored(name) ? whole(tensor, scales.scale(name)) : tensor));
        Map<String, String> metadata = metadata();
        metadata.put(StoredQuantization.METADATA_KEY, scales.json());
        SafetensorsWriter.write(path, stored, name -> scales.isStored(name) ? DType.I8 : DType.F32, metadata);
        return stored.size();
    }

    private static Tensor whole(Tensor tensor, float[] scales) {
        return Tensor.deferred(tensor.shape(), MatrixScales.MAX_WEIGHT, dst -> {
            tensor.copyTo(dst);
            int row = tensor.elements() / scales.length;
            for (int i = 0; i < tensor.elements(); i++) {
                dst[i] = (float) Math.rint((double) dst[i] / scales[i / row]);
            }
        });
    }

    private Map<String, String> metadata() {
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put("format", "pt"); // as loaders for PyTorch expect
        metadata.put(ModelCard.METADATA_KEY, ModelCard.json(config.activation(), preprocessing, labels));
        return metadata;
    }

    /**
     * Writes a safetensors file with the published key names, whose header also holds the activation, preprocessing and labels,
     * so that {@link #read} needs nothing else.
     *
     * @param fold whether to write {@link #folded()} instead of {@link #weights()}: the file no longer says whether there was a
     *     layer scale
     * @param dtype what the weights are rounded to
     * @return how many tensors were written
     * @throws org.fasternet.error.UnsupportedException if a weight is out of the range of {@code dtype}
     * @throws InvalidFileException if the file cannot be written, the file read has changed, or as {@link #folded()}
     */
    public int write(Path path, boolean fold, DType dtype) {
        Map<String, Tensor> tensors = fold ? folded() : weights;
        SafetensorsWriter.write(path, tensors, dtype, metadata());
        return tensors.size();
    }

    /**
     * Writes all there is: a quantized network as {@link #writeQuantized}, else all weights in f32 as
     * {@link #write(Path, boolean, DType)}.
     *
     * @return how many tensors were written
     */
    public int write(Path path) {
        return quantization.isPresent() ? writeQuantized(path) : write(path, false, DType.F32);
    }

    /** Where the weights come from: the path of a file, or a description. */
    public String source() {
        return source;
    }

    /** Where in its file the network was found, and what was left out there. */
    public StateOrigin origin() {
        return origin;
    }

    public FasterNetConfig config() {
        return config;
    }

    /** The activation and the rule by which it was chosen, such as {@code gelu, from config.json}. */
    public String activationSource() {
        return activationSource;
    }

    public Preprocessing preprocessing() {
        return preprocessing;
    }

    /** The classes' names, one for each of {@code config().numClasses()}, or none. */
    public List<String> labels() {
        return labels;
    }

    /** The weights as they are in the file, under the published names, from the network's input to its output. */
    public Map<String, Tensor> weights() {
        return weights;
    }

    /**
     * The weights with batch normalisation and layer scale folded into the convolutions, under the published names. A convolution
     * with batch normalisation, and only such a one, has a {@code bias} beside its {@code weight}; a detection backbone's
     * {@code norm0}, {@code norm2}... are a factor {@code weight} and a summand {@code bias} per channel.
     *
     * <p>Vectors are folded now, larger tensors whenever they are asked for their values; what folding does not change is shared.
     *
     * @throws InvalidFileException if a variance is negative, or a folded value leaves the range of f32
     */
    public Map<String, Tensor> folded() {
        try {
            return Collections.unmodifiableMap(BatchNormFolding.fold(structure, weights));
        } catch (ShapeException e) {
            throw new InvalidFileException(source + ": " + e.getMessage(), e);
        }
    }

    /**
     * The learnable parameters of the network as PyTorch counts them: without running statistics, and with batch normalisation
     * even where the file has it folded.
     */
    public long parameterCount() {
        return Structure.of(config).parameters().stream()
                .filter(parameter -> parameter.role().learnable())
                .mapToLong(parameter -> Tensor.elements(parameter.shape(config)))
                .sum();
    }
}
