package org.fasternet.backend.cudnn;

import static org.fasternet.backend.cudnn.SmallModel.CLASSES;
import static org.fasternet.backend.cudnn.SmallModel.MODEL;
import static org.fasternet.backend.cudnn.SmallModel.SRC;
import static org.fasternet.backend.cudnn.SmallModel.loadAndRun;
import static org.fasternet.backend.cudnn.SmallModel.options;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.fasternet.DevicePlans;
import org.fasternet.Golden;
import org.fasternet.Session;
import org.fasternet.SessionOptions;
import org.fasternet.backend.cudnn.FakeCuda.Field;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.compute.Precision;
import org.fasternet.error.InvalidFileException;
import org.fasternet.error.UnsupportedException;
import org.fasternet.internal.CompileProgress;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Plans on disk, made by a session or ahead, and tuning, on a fake of CUDA. */
@Tag("fake-cuda")
@Isolated("what the fake counts is the process's")
class FakePlansTest {
    private final String cache = System.getProperty(PlanCache.PROPERTY);

    /** Our own kernels, which are compiled once in a process, are there before a test counts files. */
    @BeforeAll
    static void once() {
        loadAndRun(Precision.F16);
    }

    @AfterEach
    void keepPlansWhereTheyWere() {
        System.setProperty(PlanCache.PROPERTY, cache);
    }

    /** How many plans engines had to make for a session. */
    private static long plansMadeFor(SessionOptions options) {
        long before = Field.PLANS.get();
        MODEL.session(options).close();
        return Field.PLANS.get() - before;
    }

    @Test
    void aSecondStartMakesNoPlans(@TempDir Path folder) throws IOException {
        float[] expected = Golden.array(loadAndRun(Precision.F16));
        System.setProperty(PlanCache.PROPERTY, folder.resolve("made/for it").toString());
        SessionOptions options = options(Precision.F16);
        long plans = plansMadeFor(options);
        assertTrue(plans > 3, plans + " plans");
        assertEquals(0, plansMadeFor(options));
        assertArrayEquals(expected, Golden.array(loadAndRun(Precision.F16)));
        assertTrue(plansMadeFor(options.withBatch(2)) > 0);
        assertTrue(plansMadeFor(options.withPrecision(Precision.BF16)) > 0);
    }

    /** Tuned, steps are compiled several times, and some are one step of the plan. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whoWaitsIsToldWhichStepIsCompiled(boolean tuning) {
        List<String> told = new ArrayList<>();
        SessionOptions options = tuning ? options(Precision.F16).withTuning() : options(Precision.F16);
        List<ExecutionPlan.Step> steps;
        try (Session untuned = MODEL.session(options(Precision.F16))) {
            steps = untuned.plan().steps();
        }
        CompileProgress.watched((done, total, label) -> told.add(done + " of " + total + " " + label), () -> {
            MODEL.session(options).close();
            return told;
        });
        int total = steps.size();
        for (int i = 0; i < total; i++) {
            assertTrue(told.contains(i + " of " + total + " " + steps.get(i).label()) || tuning && i > 0, told::toString);
        }
        assertTrue(told.size() > total, told::toString);
        assertEquals(total + " of " + total + " ", told.get(told.size() - 1));
    }

    /** Either of cuDNN's engines, whichever is the slower one: it would have taken the first. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void tuningKeepsTheFastest(int slow, @TempDir Path folder) {
        float[] expected = Golden.array(loadAndRun(Precision.F16));
        System.setProperty(PlanCache.PROPERTY, folder.toString());
        SessionOptions options = options(Precision.F16);
        long plans = plansMadeFor(options);
        Field.SLOW_ENGINE.set(slow);
        try (Session tuned = MODEL.session(options.withTuning())) {
            List<String> engines = tuned.plan().steps().stream().map(ExecutionPlan.Step::implementation)
                    .filter(implementation -> implementation.startsWith("cudnn:")).distinct().toList();
            assertEquals(List.of("cudnn:engine " + (3 - slow) + " compiled"), engines);
            FloatBuffer dst = Golden.floats(CLASSES);
            tuned.run(SRC, dst);
            assertArrayEquals(expected, Golden.array(dst));
        } finally {
            Field.SLOW_ENGINE.set(0);
        }
        assertEquals(0, plansMadeFor(options.withTuning()));
        assertEquals(0, plansMadeFor(options));
        assertTrue(plans > 3, plans + " plans");
        UnsupportedException onCpu = assertThrows(UnsupportedException.class,
                () -> MODEL.session(SessionOptions.defaults().withBackend("fused").withTuning()));
        assertEquals("tuning was asked for, and the back end fused computes on the CPU: cudnn takes it", onCpu.getMessage());
    }

    /** Of two engines for each step one has lost. */
    @Test
    void plansThatAreNotTakenAreFreed(@TempDir Path folder) {
        System.setProperty(PlanCache.PROPERTY, folder.resolve("first").toString());
        long before = Field.OBJECTS.get();
        long steps;
        long untuned;
        try (Session session = MODEL.session(options(Precision.F16))) {
            steps = session.plan().steps().stream().filter(step -> step.implementation().startsWith("cudnn:")).count();
            untuned = Field.OBJECTS.get() - before;
        }
        System.setProperty(PlanCache.PROPERTY, folder.resolve("second").toString());
        long plans = Field.PLANS.get();
        try (Session session = MODEL.session(options(Precision.F16).withTuning())) {
            assertTrue(Field.PLANS.get() - plans > steps, "several were made for each step");
            assertEquals(untuned, Field.OBJECTS.get() - before);
        }
        assertEquals(before, Field.OBJECTS.get());
    }

    /** Cut off, changed in its last byte, and with the content of another. */
    @Test
    void aDamagedCacheIsMadeAnew(@TempDir Path folder) throws IOException {
        System.setProperty(PlanCache.PROPERTY, folder.toString());
        SessionOptions options = options(Precision.F16);
        long plans = plansMadeFor(options);
        List<Path> files;
        try (Stream<Path> found = Files.list(folder)) {
            files = found.sorted().toList();
        }
        assertEquals(plans, files.size());
        byte[] first = Files.readAllBytes(files.get(0));
        for (int cut : new int[] {0, 10, first.length - 1}) {
            Files.write(files.get(0), Arrays.copyOf(first, cut));
            assertEquals(1, plansMadeFor(options), "cut at " + cut);
            assertArrayEquals(first, Files.readAllBytes(files.get(0)));
        }
        byte[] changed = first.clone();
        changed[changed.length - 1] ^= 1;
        Files.write(files.get(0), changed);
        assertEquals(1, plansMadeFor(options));
        Files.write(files.get(0), forged(first, "only an engine"));
        assertEquals(1, plansMadeFor(options));
        Files.copy(files.get(1), files.get(0), StandardCopyOption.REPLACE_EXISTING);
        assertEquals(1, plansMadeFor(options));
        assertEquals(0, plansMadeFor(options));
    }

    /** For the same key, with a hash that is right. */
    private static byte[] forged(byte[] file, String payload) {
        String text = new String(file, StandardCharsets.ISO_8859_1);
        Matcher hash = Pattern.compile("\n[0-9a-f]{64}\n").matcher(text);
        assertTrue(hash.find());
        try {
            byte[] right = MessageDigest.getInstance("SHA-256").digest(payload.getBytes(StandardCharsets.UTF_8));
            return (text.substring(0, hash.start()) + "\n" + HexFormat.of().formatHex(right) + "\n" + payload).getBytes(StandardCharsets.ISO_8859_1);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void plansAreMadeAheadForADeviceByItsProperties(@TempDir Path folder) throws IOException {
        System.setProperty(PlanCache.PROPERTY, folder.resolve("plans").toString());
        SessionOptions options = options(Precision.F16).withBatch(3);
        String device = DevicePlans.properties(0);
        assertEquals("{\"deviceName\": \"Fake\", \"deviceVer\": 900, \"multiProcessorCount\": 4, \"smClockRateKHz\": 1980000}", device);
        int steps = DevicePlans.make(MODEL, options, device, folder.resolve("plans"));
        assertTrue(steps > 3, steps + " steps");
        assertEquals(0, plansMadeFor(options));
        long compiled = Field.COMPILATIONS.get();
        CudaKernels.cachedOrCompiled(CudaKernels.NETWORKS, 90, PlanCache.ofProcess());
        assertEquals(compiled, Field.COMPILATIONS.get());
        CudaKernels.cachedOrCompiled(CudaKernels.NETWORKS, 80, PlanCache.ofProcess());
        assertEquals(compiled + 1, Field.COMPILATIONS.get());
        UnsupportedException old = assertThrows(UnsupportedException.class, () -> DevicePlans.make(MODEL,
                options.withPrecision(Precision.BF16), device.replace("900", "750"), folder));
        assertEquals("cudnn: bf16 needs compute capability 8.0, and this device has 7.5; f32 and f16 work", old.getMessage());
        for (String wrong : List.of("", "[]", "{\"deviceName\": \"Fake\"}", device.replace("900", "\"900\""))) {
            assertThrows(UnsupportedException.class, () -> DevicePlans.make(MODEL, options, wrong, folder), wrong);
        }
        Path file = Files.createFile(folder.resolve("file"));
        InvalidFileException unwritable =
                assertThrows(InvalidFileException.class, () -> DevicePlans.make(MODEL, options, device, file));
        assertTrue(unwritable.getMessage().startsWith(file.toString()), unwritable.getMessage());
    }
}
