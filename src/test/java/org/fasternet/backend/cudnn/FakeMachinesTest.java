package org.fasternet.backend.cudnn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.fasternet.ForkedJvm;
import org.fasternet.Library;
import org.fasternet.compute.BackendInfo;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said of machines whose GPU cannot be used, and of one with several. */
@Tag("fake-cuda")
class FakeMachinesTest {
    static final class Application {
        public static void main(String[] arguments) {
            BackendInfo cudnn = Library.backends().stream().filter(b -> b.name().equals("cudnn")).findFirst().orElseThrow();
            System.out.println(cudnn.unavailable().orElseGet(() -> cudnn.devices() + " at " + cudnn.deviceStates()));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '#', value = {
        "FAKE_CUDA_DRIVER # 0 # there is no NVIDIA driver",
        "FAKE_CUDA_DRIVER # 12040 # the NVIDIA driver is for CUDA 12.4, and CUDA 13 is needed: driver 580 or newer",
        "FAKE_CUDA_DEVICES # 0 # there is no NVIDIA GPU that this process may use: no CUDA-capable device is detected",
        "FAKE_CUDA_CAPABILITY # 70 # the NVIDIA GPU has compute capability 7.0, and cuDNN 9 needs 7.5 or newer (Turing)",
        "FAKE_CUDA_CUDNN # 90000 # cuDNN 9.0.0 was found, and 9.1.0 or newer is needed",
        "FAKE_CUDA_DEVICES # 2 # [Fake, sm_90, 4 multiprocessors, 1980 MHz, driver 580.65.06, Fake, sm_90, 4 multiprocessors, 1980 MHz,"
                + " driver 580.65.06] at [1755 MHz, 41 C, 118 W, 1755 MHz, 118 W]",
        "FAKE_CUDA_NVML # 9 # [Fake, sm_90, 4 multiprocessors, 1980 MHz] at [not readable: NVML could not start: Driver Not Loaded]"})
    void eachIsASentence(String variable, String value, String sentence) throws Exception {
        ForkedJvm.Result result = ForkedJvm.run(List.of(), Map.of(variable, value), List.of(), Application.class);
        assertEquals(0, result.status(), result.output());
        assertTrue(result.output().contains(sentence), result.output());
    }
}
