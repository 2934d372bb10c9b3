package org.fasternet;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.error.FasterNetException;
import org.fasternet.error.ShapeException;
import org.fasternet.image.Image;
import org.fasternet.image.ImagePreprocessor;
import org.fasternet.layer.FasterNetConfig;
import org.fasternet.tensor.Shape;

/**
 * From an image to what is on it: a network, sessions of it that read 8-bit pixels, and the buffers between.
 *
 * <p><b>Threads.</b> Shared by any number: as many images are computed at the same time as there are sessions, a call more waits
 * for one. A session that has all CPUs answers one image soonest; for throughput, as many sessions as CPUs, of one thread each,
 * do most. (An {@code OrtSession} of ONNX Runtime is shared by threads too, but all calls compete for the threads of its one pool;
 * a {@code Predictor} of DJL serves one thread, and a pool of them is the application's to write. Both hand out logits of a tensor
 * that the application has filled: resizing, cropping, normalisation, labels and the choice of the most probable are in DJL a
 * translator's business, and with ONNX Runtime the application's.)
 *
 * <p><b>Ownership.</b> Holds native memory until {@link #close}, which may be called more than once. The sessions share the packed
 * weights.
 */
public final class Classifier implements AutoCloseable {
    private final FasterNet model;
    private final ImagePreprocessor preprocessor;
    private final Pool<ClassifierSession> sessions;
    private final Optional<Embedding> embedding;
    private final Shape src;
    private final ExecutionPlan plan;

    /** A classifier with {@link SessionOptions#defaults}. */
    public Classifier(FasterNet model) {
        this(model, SessionOptions.defaults());
    }

    /** A classifier with one session. */
    public Classifier(FasterNet model, SessionOptions options) {
        this(model, options, 1);
    }

    /**
     * Compiles the network.
     *
     * @param options of each session; a size overrides the model's own; a batch is how many images one call may classify; how
     *     pixels lie in memory is decided here; the CPUs are divided among the sessions if the threads of each are not said
     * @param sessions how many calls can compute at the same time
     * @throws ShapeException if the model has no classes, its input is neither grey nor RGB, or there is no session
     * @throws org.fasternet.error.UnsupportedException if the options cannot be met on this machine
     */
    public Classifier(FasterNet model, SessionOptions options, int sessions) {
        this(model, options, sessions, Optional.empty());
    }

    /**
     * A classifier that can {@link #describe} images too, with what one run of the network computes. The layers behind the
     * embedding are computed in f32, whatever the options' precision, and are not part of the {@link #plan}. Otherwise like
     * {@link #Classifier(FasterNet, SessionOptions, int)}.
     */
    public Classifier(FasterNet model, SessionOptions options, int sessions, Embedding embedding) {
        this(model, options, sessions, Optional.of(embedding));
    }

    private Classifier(FasterNet model, SessionOptions options, int sessions, Optional<Embedding> embedding) {
        requireClassifier(model.config());
        if (sessions < 1) {
            throw new ShapeException("a classifier of " + sessions + " sessions: at least 1 is needed");
        }
        this.model = model;
        SessionOptions divided = options.dividedAmong(sessions);
        this.sessions = Pool.of(sessions, () -> new ClassifierSession(model, divided, embedding), "classifier");
        this.embedding = embedding;
        Session any = this.sessions.use(ClassifierSession::session);
        src = any.srcShape();
        plan = any.plan();
        preprocessor = new ImagePreprocessor(model.preprocessing().withSize(src.h(), src.w()));
    }

    private static void requireClassifier(FasterNetConfig config) {
        if (config.numClasses() == 0) {
            throw new ShapeException("the model has no classes: its output is features");
        }
        if (config.inChannels() != 1 && config.inChannels() != 3) {
            throw new ShapeException("the model takes " + config.inChannels() + " channels: images have 1 (grey) or 3 (RGB)");
        }
    }

    /** Channels that an image must have: 1 for grey, 3 for RGB. */
    public int channels() {
        return model.config().inChannels();
    }

    /** What really runs, in each session. */
    public ExecutionPlan plan() {
        return plan;
    }

    /**
     * Resizes and crops the image as the model's {@link org.fasternet.image.Preprocessing} says, and classifies it.
     *
     * @param image any size, with {@link #channels} channels
     * @param top how many of the most probable classes to return; all, if there are fewer
     * @return the most probable class first; of equal ones, the lower index
     * @throws ShapeException if the image has other channels, or {@code top} is below 1
     * @throws FasterNetException if a logit is NaN or infinite
     * @throws IllegalStateException if the classifier is closed
     */
    public List<Prediction> classify(Image image, int top) {
        return classify(List.of(image), top).get(0);
    }

    /**
     * Classifies up to a batch of images in one run of the network; otherwise like {@link #classify(Image, int)}.
     *
     * @param images at least one, at most as many as the options' batch: a run takes as long for fewer
     * @return for each image the most probable class first
     */
    public List<List<Prediction>> classify(List<Image> images, int top) {
        return classifyPrepared(images.stream().map(this::prepare).toList(), top);
    }

    /**
     * Classifies any number of images, batch by batch, on a thread for each session. Lazy: the returned stream reads the given one
     * as its own results are taken, some batches ahead.
     *
     * @param images as for {@link #classify(Image, int)}; the stream is read by the thread that takes the results. Where reading a
     *     picture is work, {@link #classifyAll(Stream, Function, int)} has it done by the threads that classify.
     * @return for each image, in their order, the most probable class first; a failure, as {@link #classify(Image, int)} says, is
     *     thrown where the result of the image's batch is taken
     */
    public Stream<List<Prediction>> classifyAll(Stream<Image> images, int top) {
        return classifyAll(images, Function.identity(), top);
    }

    /**
     * As {@link #classifyAll(Stream, int)}, of what is made an image by {@code read} on the threads that classify:
     *
     * <pre>{@code classifier.classifyAll(Files.list(folder), file -> Image.read(file, classifier.channels()), 5)}</pre>
     *
     * @param read may be called by several threads at the same time
     */
    public <T> Stream<List<Prediction>> classifyAll(Stream<T> sources, Function<? super T, Image> read, int top) {
        requireTop(top);
        return InOrder.map(sources, src.n(), sessions.size(),
                batch -> classify(batch.stream().<Image>map(read).toList(), top));
    }

    /**
     * Resizes and crops an image as the model's {@link org.fasternet.image.Preprocessing} says, for
     * {@link #classifyPrepared}: threads may do so at the same time, ahead of the network.
     *
     * @throws ShapeException if the image has other channels
     */
    public Image prepare(Image image) {
        if (image.channels() != channels()) {
            throw new ShapeException(image + " has " + image.channels() + " channels, the model takes " + channels());
        }
        return preprocessor.prepare(image);
    }

    /** As {@link #classify(List, int)}, of what {@link #prepare} returned. */
    public List<List<Prediction>> classifyPrepared(List<Image> images, int top) {
        requireBatch(images, top);
        return sessions.use(session -> session.classify(images, top));
    }

    /**
     * As {@link #classifyPrepared}, with the embedding of each image.
     *
     * @throws IllegalStateException if this classifier was made without one, or is closed
     */
    public List<Description> describe(List<Image> prepared, int top) {
        requireBatch(prepared, top);
        if (embedding.isEmpty()) {
            throw new IllegalStateException("this classifier was made without an embedding, and has none to describe images with");
        }
        return sessions.use(session -> session.describe(prepared, top));
    }

    private void requireBatch(List<Image> images, int top) {
        requireTop(top);
        if (images.isEmpty() || images.size() > src.n()) {
            throw new ShapeException(images.size() + " images were given: 1 to " + src.n() + " fit this classifier's batch");
        }
    }

    private static void requireTop(int top) {
        if (top < 1) {
            throw new ShapeException("the " + top + " most probable classes were asked for: at least 1 is needed");
        }
    }

    /** Waits for the calls that are computing; those that wait for a session fail. */
    @Override
    public void close() {
        sessions.close();
    }
}
