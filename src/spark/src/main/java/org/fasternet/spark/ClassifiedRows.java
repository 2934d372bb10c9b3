package org.fasternet.spark;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.apache.spark.sql.Row;
import org.fasternet.Classifier;
import org.fasternet.Description;
import org.fasternet.error.FasterNetException;
import org.fasternet.image.Image;

/** The rows of a partition, classified batch by batch as they are asked for, in their order. For one thread. */
final class ClassifiedRows implements Iterator<Row> {
    /** A row on its way: either a prepared image, or why there is none. */
    private record Decoded(Row row, Image image, String reason) {}

    private final Iterator<Row> src;
    private final Classifier classifier;
    private final SparkOptions options;
    private final Results results;
    private final Counters counters;
    private final Deque<Row> ready = new ArrayDeque<>();

    /** @param classifier made for the options, with one session */
    ClassifiedRows(
            Iterator<Row> src, Classifier classifier, SparkOptions options, Results results, Counters counters) {
        this.src = src;
        this.classifier = classifier;
        this.options = options;
        this.results = results;
        this.counters = counters;
    }

    @Override
    public boolean hasNext() {
        return !ready.isEmpty() || src.hasNext();
    }

    @Override
    public Row next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        if (ready.isEmpty()) {
            classifyBatch();
        }
        return ready.remove();
    }

    /** Takes rows until a batch is full: those of bad pictures wait with the others, for the order's sake. */
    private void classifyBatch() {
        List<Decoded> taken = new ArrayList<>();
        List<Image> images = new ArrayList<>();
        while (images.size() < options.batch() && src.hasNext()) {
            Decoded next = decode(src.next());
            taken.add(next);
            if (next.image != null) {
                images.add(next.image);
            }
        }
        Iterator<Description> descriptions = List.<Description>of().iterator();
        String failure = null;
        try {
            descriptions = describe(images).iterator();
        } catch (FasterNetException e) {
            failure = e.getMessage();
        }
        for (Decoded picture : taken) {
            String reason = picture.image == null ? picture.reason : failure;
            ready.add(reason == null ? results.of(picture.row, descriptions.next()) : results.refused(picture.row, reason));
            counters.count(reason == null);
        }
    }

    private List<Description> describe(List<Image> images) {
        if (images.isEmpty()) {
            return List.of();
        }
        return options.embedding() != null ? classifier.describe(images, 1)
                : classifier.classifyPrepared(images, 1).stream().map(best -> new Description(best, null)).toList();
    }

    private Decoded decode(Row row) {
        if (row.isNullAt(results.column())) {
            return new Decoded(row, null, "there is no picture: '" + options.column() + "' is null");
        }
        try {
            Image image = Image.decode(row.getAs(results.column()), "the picture", classifier.channels());
            return new Decoded(row, classifier.prepare(image), null);
        } catch (FasterNetException e) {
            return new Decoded(row, null, e.getMessage());
        }
    }
}
