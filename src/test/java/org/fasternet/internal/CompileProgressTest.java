package org.fasternet.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CompileProgressTest {
    private final List<String> told = new ArrayList<>();

    private void tell(int done, int total, String label) {
        told.add(done + "/" + total + " " + label);
    }

    private static List<Integer> compile() {
        return CompileProgress.each(List.of(3, 4), step -> "step " + step, step -> step * step);
    }

    @Test
    void eachStepIsToldBeforeItIsCompiledAndTheEnd() {
        assertEquals(List.of(9, 16), CompileProgress.watched(this::tell, CompileProgressTest::compile));
        assertEquals(List.of("0/2 step 3", "1/2 step 4", "2/2 "), told);
    }

    @Test
    void aFailureIsNotTheEnd() {
        assertThrows(ArithmeticException.class, () -> CompileProgress.watched(this::tell,
                () -> CompileProgress.each(List.of(1, 0), step -> "step " + step, step -> 1 / step)));
        assertEquals(List.of("0/2 step 1", "1/2 step 0"), told);
        compile();
        assertEquals(2, told.size());
    }

    @Test
    void othersAreNotTold() throws InterruptedException {
        compile();
        CompileProgress.watched(this::tell, () -> {
            CompileProgress.watched((done, total, label) -> {}, CompileProgressTest::compile);
            Thread other = new Thread(CompileProgressTest::compile);
            other.start();
            try {
                other.join();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            CompileProgress.at(5, 6, "still");
            return 0;
        });
        assertEquals(List.of("5/6 still"), told);
    }
}
