package org.fasternet.tools.bench.peak;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.fasternet.Hardware;
import org.fasternet.compute.MemoryKernel;
import org.fasternet.error.UnsupportedException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a measurement returns and refuses; how fast anything is, no test says. */
@Tag("every-isa")
class PeakMeterTest {
    private static final PeakMeter METER = new PeakMeter(3, Duration.ofMillis(1));

    private static final NumberType F32 = NumberType.of("f32").orElseThrow();
    private static final NumberType BF16 = NumberType.of("bf16").orElseThrow();
    private static final NumberType INT8 = NumberType.of("int8").orElseThrow();

    private final Hardware hardware = Hardware.detect();

    @Test
    void everyTypeOfEveryIsaIsMeasuredOrRefused() {
        for (String isa : hardware.isas()) {
            for (NumberType type : NumberType.all()) {
                Optional<String> instruction = PeakMeter.instruction(isa, type);
                if (instruction.isEmpty()) {
                    String message = assertThrows(UnsupportedException.class, () -> METER.compute(isa, type, 1)).getMessage();
                    assertTrue(message.contains("ISA " + isa) && message.contains(type.id()), message);
                    continue;
                }
                ComputePeak peak = METER.compute(isa, type, 1);
                assertEquals(new ComputePeak(isa, type, instruction.get(), 1, peak.operations()), peak);
                assertRates(peak.operations());
            }
        }
    }

    @Test
    void f32IsMeasuredOnEveryIsaAndNothingElseOnThePortableOne() {
        hardware.isas().forEach(isa -> assertTrue(PeakMeter.instruction(isa, F32).isPresent(), isa));
        assertEquals(Optional.of("multiply, add"), PeakMeter.instruction("portable", F32));
        assertEquals(Optional.empty(), PeakMeter.instruction("portable", BF16));
        assertEquals(Optional.empty(), PeakMeter.instruction("portable", INT8));
    }

    @Test
    void everyKernelIsMeasuredOnAllCpus() {
        int threads = hardware.cpus().usable();
        WorkingSet set = new WorkingSet("L1", 16384);
        for (MemoryKernel kernel : MemoryKernel.values()) {
            Bandwidth bandwidth = METER.bandwidth(hardware.isa(), kernel, set, threads);
            assertEquals(new Bandwidth(hardware.isa(), kernel, set, threads, bandwidth.bytes()), bandwidth);
            assertRates(bandwidth.bytes());
        }
    }

    private static void assertRates(Rates rates) {
        assertEquals(3, rates.perSecond().size());
        assertTrue(rates.perSecond().stream().allMatch(rate -> rate > 0 && rate < 1e18), rates::toString);
    }

    @Test
    void whatCannotBeMeasuredIsRefused() {
        int cpus = hardware.cpus().affinity();
        assertRefused((cpus + 1) + " threads cannot each have a CPU: the affinity mask has " + cpus,
                () -> METER.compute("portable", F32, cpus + 1));
        String unknown = assertThrows(
                UnsupportedException.class, () -> METER.compute("mmx", F32, 1)).getMessage();
        assertTrue(unknown.startsWith("there is no ISA \"mmx\", expected one of: portable"), unknown);
        assertRefused("a measurement of 0 rounds of PT1S: it needs a round of some time",
                () -> new PeakMeter(0, Duration.ofSeconds(1)));
        assertRefused("a measurement of 1 rounds of PT0S: it needs a round of some time",
                () -> new PeakMeter(1, Duration.ZERO));
    }

    private static void assertRefused(String message, Runnable call) {
        assertEquals(message, assertThrows(UnsupportedException.class, call::run).getMessage());
    }

    @Test
    void theBestIsTheHighest() {
        Rates rates = new Rates(List.of(5.0, 1.0, 3.0));
        assertEquals(5, rates.best());
        assertEquals(List.of(5.0, 1.0, 3.0), rates.perSecond());
    }
}
