package org.fasternet;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.fasternet.error.FasterNetException;
import org.fasternet.error.ShapeException;
import org.fasternet.image.Image;
import org.fasternet.internal.Buffers;
import org.fasternet.internal.Resources;
import org.fasternet.tensor.Shape;

/**
 * A session that reads 8-bit pixels, its buffers, and what becomes of logits; for embeddings it ends with them, and a kernel makes
 * the logits of them. For one thread at a time.
 */
final class ClassifierSession implements AutoCloseable {
    private final FasterNet model;
    private final Resources resources = new Resources();
    private final Session session;
    private final Optional<Kernel> head;
    private final ByteBuffer pixels;
    private final FloatBuffer dst;
    private final FloatBuffer logits;

    /** @param embedding what the session ends with; absent: with the logits */
    ClassifierSession(FasterNet model, SessionOptions options, Optional<Embedding> embedding) {
        this.model = model;
        try {
            FasterNet first = embedding.map(model::embedding).orElse(model);
            session = resources.add(first.session(options.withPixels()), Session::close);
            Shape features = session.dstShapes().get(0);
            head = embedding.map(kind -> resources.add(
                    Kernel.compile(model.behind(kind), features, options.forHead()), Kernel::close));
            pixels = Buffers.bytes(session.srcShape().elements());
            dst = Buffers.floats(features.elements());
            logits = head.isEmpty() ? dst : Buffers.floats((long) features.n() * model.config().numClasses());
        } catch (RuntimeException | Error e) {
            Resources.closeAfter(e, this);
            throw e;
        }
    }

    Session session() {
        return session;
    }

    /** @param images of {@link Classifier#prepare}, at most a batch */
    List<List<Prediction>> classify(List<Image> images, int top) {
        run(images);
        return IntStream.range(0, images.size()).mapToObj(image -> predictions(image, top)).toList();
    }

    /** As {@link #classify}, with the embeddings, which the session must be for. */
    List<Description> describe(List<Image> images, int top) {
        run(images);
        int features = dst.capacity() / session.srcShape().n();
        return IntStream.range(0, images.size()).mapToObj(image -> {
            float[] embedding = new float[features];
            dst.get(image * features, embedding);
            return new Description(predictions(image, top), embedding);
        }).toList();
    }

    private void run(List<Image> images) {
        Shape src = session.srcShape();
        int bytes = src.elements() / src.n();
        for (int i = 0; i < images.size(); i++) {
            Image image = images.get(i);
            if (image.height() != src.h() || image.width() != src.w() || image.channels() != src.c()) {
                throw new ShapeException(image + " is not prepared: " + src.h() + "x" + src.w() + "x" + src.c() + " is needed");
            }
            pixels.put(i * bytes, image.pixels());
        }
        session.run(pixels, dst);
        head.ifPresent(kernel -> kernel.run(dst, logits));
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
    public void close() {
        resources.close();
    }
}
