package org.fasternet.internal.abi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import org.fasternet.ForkedJvm;
import org.fasternet.error.FasterNetException;
import org.fasternet.error.UnsupportedException;
import org.junit.jupiter.api.Test;

/** The choice of a binding, and what the one in use makes of failures. The other tests run on whichever is in use. */
class BindingsTest {
    static final class Probe {
        public static void main(String[] args) {
            try {
                System.out.println(Bindings.current().name());
            } catch (FasterNetException e) {
                System.out.println(e.getMessage());
            }
        }
    }

    private static String probe(String asked) throws Exception {
        ForkedJvm.Result result = ForkedJvm.run(
                List.of(), Map.of(), List.of("-D" + Bindings.PROPERTY + "=" + asked), Probe.class);
        assertEquals(0, result.status(), result.output());
        return result.output().strip();
    }

    @Test
    void whatIsAskedForIsUsedOrRefused() throws Exception {
        assertEquals("jni", probe("jni"));
        assertEquals("fasternet.binding is 'rmi': jni and ffm are known", probe("rmi"));
        String foreign = probe("ffm");
        boolean built = BindingsTest.class.getResource("FfmBinding.class") != null;
        String refusal = "fasternet.binding=ffm needs Java 22 or newer, at run time and when the jar is built; this is Java "
                + Runtime.version().feature();
        assertEquals(built ? "ffm" : refusal, foreign);
    }

    /** A test run that is meant for one binding must not run on the other. */
    @Test
    void thisTestRunsOnWhatWasAskedFor() {
        String asked = System.getProperty(Bindings.PROPERTY);
        if (asked != null) {
            assertEquals(asked, Bindings.current().name());
        }
    }

    @Test
    void addressesCountThePosition() {
        Binding binding = Bindings.current();
        ByteBuffer bytes = ByteBuffer.allocateDirect(64).order(ByteOrder.nativeOrder());
        long start = binding.address(bytes);
        assertEquals(start + 3, binding.address(bytes.duplicate().position(3)));
        assertEquals(start + 8, binding.address(bytes.asFloatBuffer().position(2)));
        assertEquals(start + 8, binding.address(bytes.asShortBuffer().position(4)));
    }

    @Test
    void failuresAreSentencesOfTheLibrary() {
        Binding binding = Bindings.current();
        long model = binding.createModel(Abi.FN_F32, 0, 1);
        try {
            FasterNetException failure = assertThrows(FasterNetException.class, () -> binding.addPool(model));
            assertEquals("the first layer must read pixels", failure.getMessage());
        } finally {
            binding.destroyModel(model);
        }
        UnsupportedException unsupported = assertThrows(UnsupportedException.class, () -> binding.createModel(Abi.FN_BF16, 0, 1));
        assertTrue(unsupported.getMessage().contains("portable has no bf16 kernels"), unsupported.getMessage());
    }
}
