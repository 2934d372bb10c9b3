package org.fasternet;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.error.FasterNetException;
import org.fasternet.error.ShapeException;
import org.fasternet.image.Image;
import org.fasternet.image.ImagePreprocessor;
import org.fasternet.internal.Buffers;
import org.fasternet.layer.FasterNetConfig;
import org.fasternet.tensor.Shape;

/**
 * From an image to what is on it: a network, a session of it that reads 8-bit pixels, and the buffers between.
 *
 * <p><b>Threads.</b> Calls from several threads wait for each other; for throughput give each thread a classifier of its own.
 *
 * <p><b>Ownership.</b> Holds native memory until {@link #close}, which may be called more than once.
 */
public final class Classifier implements AutoCloseable {
    private final FasterNet model;
    private final ImagePreprocessor preprocessor;
    private final Session session;
    private final ByteBuffer pixels;
    private final FloatBuffer logits;

    /** A classifier with {@link SessionOptions#defaults}. */
    public Classifier(FasterNet model) {
        this(model, SessionOptions.defaults());
    }

    /**
     * Compiles the network.
     *
     * @param options a size overrides the model's own; a batch is how many images one call may classify; how pixels lie in memory
     *     is decided here
     * @throws ShapeException if the model has no classes, or its input is neither grey nor RGB
     * @throws org.fasternet.error.UnsupportedException if the options cannot be met on this machine
     */
    public Classifier(FasterNet model, SessionOptions options) {
        requireClassifier(model.config());
        this.model = model;
        session = model.session(options.withPixels());
        Shape src = session.srcShape();
        preprocessor = new ImagePreprocessor(model.preprocessing().withSize(src.h(), src.w()));
        pixels = Buffers.bytes(src.elements());
        logits = Buffers.floats((long) src.n() * model.config().numClasses());
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

    /** What really runs. */
    public ExecutionPlan plan() {
        return session.plan();
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
    public synchronized List<List<Prediction>> classifyPrepared(List<Image> images, int top) {
        Shape src = session.srcShape();
        if (top < 1) {
            throw new ShapeException("the " + top + " most probable classes were asked for: at least 1 is needed");
        }
        if (images.isEmpty() || images.size() > src.n()) {
            throw new ShapeException(images.size() + " images were given: 1 to " + src.n() + " fit this classifier's batch");
        }
        int bytes = src.elements() / src.n();
        for (int i = 0; i < images.size(); i++) {
            Image image = images.get(i);
            if (image.height() != src.h() || image.width() != src.w() || image.channels() != src.c()) {
                throw new ShapeException(image + " is not prepared: " + src.h() + "x" + src.w() + "x" + src.c() + " is needed");
            }
            pixels.put(i * bytes, image.pixels());
        }
        session.run(pixels, logits);
        List<List<Prediction>> predictions = new ArrayList<>();
        for (int i = 0; i < images.size(); i++) {
            predictions.add(predictions(i, top));
        }
        return predictions;
    }

    private List<Prediction> predictions(int image, int top) {
        int classes = model.config().numClasses();
        double[] probabilities = softmax(logits.slice(image * classes, classes));
        List<Prediction> best = new ArrayList<>();
        for (int index : largest(probabilities, top)) {
            best.add(new Prediction(index, label(index), (float) probabilities[index]));
        }
        return best;
    }

    private String label(int index) {
        return model.labels().isEmpty() ? "class " + index : model.labels().get(index);
    }

    /** The largest logit is subtracted from all, which changes nothing but that no exponential overflows. */
    private static double[] softmax(FloatBuffer logits) {
        double[] p = new double[logits.capacity()];
        double largest = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < p.length; i++) {
            p[i] = logits.get(i);
            if (!Double.isFinite(p[i])) {
                throw new FasterNetException("logit " + i + " is " + p[i] + ": weights or activations leave the range of f32");
            }
            largest = Math.max(largest, p[i]);
        }
        double sum = 0;
        for (int i = 0; i < p.length; i++) {
            p[i] = Math.exp(p[i] - largest);
            sum += p[i];
        }
        for (int i = 0; i < p.length; i++) {
            p[i] /= sum;
        }
        return p;
    }

    /** Indices of the {@code count} largest values, or of all, by insertion: {@code count} is small, and nothing is boxed. */
    private static int[] largest(double[] values, int count) {
        int[] best = new int[Math.min(count, values.length)];
        for (int i = 0; i < values.length; i++) {
            int at = Math.min(i, best.length);
            while (at > 0 && values[i] > values[best[at - 1]]) {
                at--;
            }
            if (at < best.length) {
                System.arraycopy(best, at, best, at + 1, Math.min(i, best.length - 1) - at);
                best[at] = i;
            }
        }
        return best;
    }

    @Override
    public synchronized void close() {
        session.close();
    }
}
