package org.fasternet.backend.cudnn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.fasternet.DeviceBuffer;
import org.fasternet.FasterNet;
import org.fasternet.Session;
import org.fasternet.SessionOptions;
import org.fasternet.compute.Precision;
import org.fasternet.compute.Processor;
import org.fasternet.error.ShapeException;
import org.fasternet.error.UnsupportedException;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CudnnBackendTest {
    @Test
    void precisionsThatADeviceLacksAreRefused() {
        for (Precision precision : Precision.on(Processor.GPU)) {
            assertEquals(Optional.empty(), CudnnBackend.refuses(precision, 80));
        }
        assertEquals(Optional.empty(), CudnnBackend.refuses(Precision.F16, 75));
        assertEquals("bf16 needs compute capability 8.0, and this device has 7.5; f32 and f16 work",
                CudnnBackend.refuses(Precision.BF16, 75).orElseThrow());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '#', value = {
        "a; /x/libjnicudart.so: libcuda.so.1: cannot open shared object file: No such file # no libcuda.so.1 (driver 580+)",
        "libcudnn_ops.so.9: cannot open shared object file # no libcudnn_ops.so.9 (cuDNN 9 or the artifact cuda-redist-cudnn)",
        "libcublasLt.so.13: cannot open shared object file # no libcublasLt.so.13 (CUDA 13 or the artifact cuda-redist-cublas)",
        "libnvrtc.so.13: cannot open shared object file # no libnvrtc.so.13 (CUDA 13 or the artifact cuda-redist)"})
    void aMissingLibraryIsNamedWithWhatHasIt(String message, String sentence) {
        assertEquals(Optional.of(sentence + " in LD_LIBRARY_PATH or the system"), Cuda.missing(message));
    }

    @Test
    void onWindowsAMissingLibraryIsNamedByWhatNeedsIt() {
        String message = "no jnicublas in java.library.path: C:\\windows; C:\\cache\\jnicublas.dll: Can't find dependent libraries";
        String sentence = "no library that jnicublas needs (CUDA 13 or the artifact cuda-redist-cublas) in PATH or the system";
        assertEquals(Optional.of(sentence), Cuda.missing(message));
        assertEquals(Optional.empty(), Cuda.missing("something else"));
    }

    @Test
    void withoutADeviceItIsRefusedByNameAndNotTakenByAuto() {
        CudnnBackend backend = new CudnnBackend();
        Assumptions.assumeTrue(backend.unavailable().isPresent(), "there is a GPU here");
        SessionOptions options = SessionOptions.defaults().withBackend("cudnn");
        UnsupportedException refused = assertThrows(UnsupportedException.class, () -> FasterNet.demo().session(options));
        assertEquals("cudnn: " + backend.unavailable().get(), refused.getMessage());
        assertThrows(UnsupportedException.class, () -> DeviceBuffer.allocate(16));
        UnsupportedException f16 = assertThrows(UnsupportedException.class,
                () -> FasterNet.demo().session(SessionOptions.defaults().withPrecision(Precision.F16)));
        assertTrue(f16.getMessage().contains("no kernels for f16, which needs a GPU; f32, bf16, int8 work here"), f16.getMessage());
    }

    @Test
    void plansAreKeptWhereTheSystemKeepsCaches() {
        Path home = Path.of("home");
        assertEquals(home.resolve(".cache"), PlanCache.caches(Map.of("XDG_CACHE_HOME", ""), home));
        assertEquals(Path.of("local"), PlanCache.caches(Map.of("LOCALAPPDATA", "local"), home));
        assertEquals(Path.of("xdg"), PlanCache.caches(Map.of("LOCALAPPDATA", "local", "XDG_CACHE_HOME", "xdg"), home));
    }

    @Test
    void aSessionOnTheCpuRefusesDeviceMemory() {
        try (Session session = FasterNet.demo().session(); DeviceBuffer memory = DeviceBuffer.wrap(4096, 1L << 30);
                DeviceBuffer other = DeviceBuffer.wrap(1L << 40, 1L << 30); DeviceBuffer small = DeviceBuffer.wrap(64, 8)) {
            UnsupportedException refused = assertThrows(UnsupportedException.class, () -> session.run(memory, other));
            assertTrue(refused.getMessage().startsWith("device memory was given, and the back end "), refused.getMessage());
            assertThrows(ShapeException.class, () -> session.run(small, other));
        }
        assertThrows(ShapeException.class, () -> DeviceBuffer.wrap(8, 16));
        DeviceBuffer closed = DeviceBuffer.wrap(16, 16);
        closed.close();
        assertThrows(IllegalStateException.class, closed::address);
    }
}
