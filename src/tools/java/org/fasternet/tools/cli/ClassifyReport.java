package org.fasternet.tools.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.fasternet.Classifier;
import org.fasternet.Prediction;

/** How classified images are shown. */
interface ClassifyReport {
    /**
     * @param decodeNanos from the file to pixels
     * @param classifyNanos from pixels to predictions: resizing and the network
     */
    record Result(String file, long decodeNanos, long classifyNanos, List<Prediction> predictions) {}

    void add(Result result);

    /** An image that could not be classified. */
    void fail(String file, String sentence);

    void finish();

    static ObjectNode json(Result result) {
        ObjectNode image = Json.object()
                .put("file", result.file())
                .put("decodeMilliseconds", Json.milliseconds(result.decodeNanos()))
                .put("classifyMilliseconds", Json.milliseconds(result.classifyNanos()));
        ArrayNode predictions = image.putArray("predictions");
        result.predictions().forEach(prediction -> predictions.addObject()
                .put("index", prediction.index())
                .put("label", prediction.label())
                .put("probability", prediction.probability()));
        return image;
    }

    static ObjectNode json(String file, String failure) {
        return Json.object().put("file", file).put("error", failure);
    }

    /** Rows for people, each printed at once. The label stands last because it may be long. */
    final class Table implements ClassifyReport {
        private final PrintWriter out;
        private final List<Path> files;
        private TextTable table;

        /** @param files all those to come, once the first comes */
        Table(PrintWriter out, List<Path> files) {
            this.out = out;
            this.files = files;
        }

        @Override
        public void add(Result result) {
            if (table == null) {
                table = new TextTable(
                        out,
                        TextTable.left("image", files.stream().map(Path::toString)),
                        TextTable.right("decode ms", Stream.empty()),
                        TextTable.right("classify ms", Stream.empty()),
                        TextTable.right("probability", Stream.empty()),
                        TextTable.left("label", Stream.empty()));
            }
            String file = result.file();
            String decode = TextTable.format("%.2f", result.decodeNanos() / 1e6);
            String classify = TextTable.format("%.2f", result.classifyNanos() / 1e6);
            for (Prediction prediction : result.predictions()) {
                String probability = TextTable.format("%.1f %%", 100 * prediction.probability());
                table.row(file, decode, classify, probability, prediction.label());
                file = decode = classify = "";
            }
            out.flush();
        }

        /** Standard error has it. */
        @Override
        public void fail(String file, String sentence) {}

        @Override
        public void finish() {}
    }

    /** One object for programs. */
    final class Tree implements ClassifyReport {
        private final PrintWriter out;
        private final ObjectNode root;
        private final ArrayNode images;

        Tree(PrintWriter out, Classifier classifier) {
            this.out = out;
            root = PlanReport.summary(classifier.plan());
            images = root.putArray("images");
        }

        @Override
        public void add(Result result) {
            images.add(json(result));
        }

        @Override
        public void fail(String file, String sentence) {
            images.add(json(file, sentence));
        }

        @Override
        public void finish() {
            Json.print(root, out);
        }
    }
}
