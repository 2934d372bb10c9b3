package org.fasternet.tools.bench.load;

import java.nio.FloatBuffer;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.fasternet.FasterNet;
import org.fasternet.SessionOptions.Size;
import org.fasternet.image.Image;
import org.fasternet.image.ImagePreprocessor;
import org.fasternet.tools.bench.Figures;
import org.fasternet.tools.bench.report.Dimension;
import org.fasternet.tools.bench.report.Measurement;
import org.fasternet.tools.bench.report.Metric;

/**
 * MLPerf's accuracy mode: every image is asked for once, as the scenario asks, and the answers are compared with the truth. The
 * sessions, their queue and batches are those that are timed otherwise. Queries of Server come without a pause.
 */
public final class AccuracyBenchmark {
    /** So many are in memory at a time, as LoadGen has its performance sample count. */
    private static final int LOADED = 1024;

    private final LoadSettings settings;
    private final Optional<MlperfLogs> logs;
    private final IntConsumer progress;
    private final BooleanSupplier stopped;

    /**
     * @param settings of which the seed and the bound are told in the logs
     * @param progress is told how many images have been answered so far
     * @param stopped once true, the run ends soon
     */
    public AccuracyBenchmark(LoadSettings settings, Optional<MlperfLogs> logs, IntConsumer progress, BooleanSupplier stopped) {
        this.settings = settings;
        this.logs = logs;
        this.progress = progress;
        this.stopped = stopped;
    }

    /**
     * Stopped, it tells of what has been answered.
     *
     * @throws org.fasternet.error.FasterNetException if this case cannot be run here, or an image cannot be read
     */
    public Measurement measure(LoadCase work, FasterNet network, List<LabelledImage> images) {
        int[] predicted = new int[images.size()];
        Map<Dimension, String> subject = work.subject();
        List<String> implementations = List.of();
        int done = 0;
        while (done < images.size() && !stopped.getAsBoolean()) {
            int first = done;
            List<LabelledImage> part = images.subList(first, Math.min(images.size(), first + LOADED));
            DataSet data = data(part, work, network);
            Responder.Outputs outputs = (image, dst, row) -> predicted[first + image] = largest(dst, row, network);
            try (Sessions sessions = new Sessions(
                    network, work.options().withPixels(), work.sessions(), work.scenario().stream(), data, Optional.of(outputs))) {
                LoadGenerator load = new LoadGenerator(sessions, LoadClock.SYSTEM, part.size(), settings.seed(), stopped);
                if (!load.once(work.scenario())) {
                    break;
                }
                subject = work.subject(sessions.plan());
                implementations = Figures.implementations(sessions.plan());
            }
            done += part.size();
            progress.accept(done);
        }
        if (done == images.size()) {
            logs.ifPresent(folder -> folder.accuracy(work, settings, predicted, images));
        }
        return new Measurement(subject, values(predicted, images, done), List.of(), null, implementations, List.of());
    }

    private static DataSet data(List<LabelledImage> images, LoadCase work, FasterNet network) {
        Size size = work.options().size().orElseThrow();
        ImagePreprocessor preprocessor =
                new ImagePreprocessor(network.preprocessing().withSize(size.height(), size.width()));
        List<byte[]> pixels = images.parallelStream()
                .map(image -> preprocessor.prepare(Image.read(image.file(), network.config().inChannels())).pixels()).toList();
        return DataSet.of(pixels, work.mostInPlace());
    }

    /** Of equal ones the lower index. */
    private static int largest(FloatBuffer logits, int row, FasterNet network) {
        int classes = network.config().numClasses();
        int best = 0;
        for (int i = 1; i < classes; i++) {
            best = logits.get(row * classes + i) > logits.get(row * classes + best) ? i : best;
        }
        return best;
    }

    private static Map<Metric, Double> values(int[] predicted, List<LabelledImage> images, int done) {
        Map<Metric, Double> values = new EnumMap<>(Metric.class);
        values.put(Metric.RUNS, (double) done);
        if (done > 0) {
            values.put(Metric.ACCURACY, 100.0 * right(predicted, images.subList(0, done)) / done);
        }
        return values;
    }

    /** How many of the first images got their class. */
    static long right(int[] predicted, List<LabelledImage> images) {
        return IntStream.range(0, images.size()).filter(i -> predicted[i] == images.get(i).label()).count();
    }
}
