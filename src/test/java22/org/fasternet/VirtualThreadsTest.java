package org.fasternet;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.fasternet.image.Image;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Many virtual threads, which share a CPU's few threads: a server of Java 21 and newer has one for each request. */
class VirtualThreadsTest {
    private static final int THREADS = 400;
    private final FasterNet model = FasterNet.demo();

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void aClassifierIsSharedByThem(int sessions) throws Exception {
        try (Classifier classifier = new Classifier(model, SessionOptions.defaults().withThreads(1), sessions)) {
            Image bag = Image.read(TestFiles.resource("demo", "images", "bag.png"), classifier.channels());
            List<Prediction> alone = classifier.classify(bag, 3);
            for (List<Prediction> predictions : onVirtualThreads(() -> classifier.classify(bag, 3))) {
                assertEquals(alone, predictions);
            }
        }
    }

    @Test
    void eachMayHaveASessionOfItsOwn() throws Exception {
        for (String label : onVirtualThreads(() -> {
            try (Classifier classifier = new Classifier(model, SessionOptions.defaults().withThreads(2))) {
                Image coat = Image.read(TestFiles.resource("demo", "images", "coat.png"), classifier.channels());
                return classifier.classify(coat, 1).get(0).label();
            }
        })) {
            assertEquals("Coat", label);
        }
    }

    private static <T> List<T> onVirtualThreads(Callable<T> task) throws Exception {
        List<T> results = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<T>> running = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                running.add(threads.submit(task));
            }
            for (Future<T> future : running) {
                results.add(future.get());
            }
        }
        return results;
    }
}
