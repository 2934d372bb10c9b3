package org.fasternet.tools.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;
import org.fasternet.Prediction;

/** Classified images for programs that read line by line, each printed when it is known: nothing is kept. */
final class ClassifyLines {
    private ClassifyLines() {}

    /** The objects of {@link ClassifyReport.Tree}, a line each. */
    record JsonLines(PrintWriter out) implements ClassifyReport {
        @Override
        public void add(Result result) {
            Json.printLine(ClassifyReport.json(result), out);
        }

        @Override
        public void fail(String file, String sentence) {
            Json.printLine(ClassifyReport.json(file, sentence), out);
        }

        @Override
        public void finish() {}
    }

    /** RFC 4180: a line for each class shown, or with the reason for an image that could not be classified. */
    static final class Csv implements ClassifyReport {
        private final CSVPrinter printer;

        Csv(PrintWriter out) {
            try {
                printer = CSVFormat.RFC4180.builder().setRecordSeparator("\n")
                        .setHeader("file", "rank", "index", "label", "probability", "decode_ms", "classify_ms", "error")
                        .get().print(out);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private void record(Object... values) {
            try {
                printer.printRecord(values);
                printer.flush();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void add(Result result) {
            int rank = 1;
            for (Prediction prediction : result.predictions()) {
                record(result.file(), rank++, prediction.index(), prediction.label(), prediction.probability(),
                        Json.milliseconds(result.decodeNanos()),
                        Json.milliseconds(result.classifyNanos()), "");
            }
        }

        @Override
        public void fail(String file, String sentence) {
            record(file, "", "", "", "", "", "", sentence);
        }

        @Override
        public void finish() {}
    }
}
