package org.fasternet.backend.cudnn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.fasternet.DevicePlans;
import org.fasternet.FasterNet;
import org.fasternet.ForkedJvm;
import org.fasternet.SessionOptions;
import org.fasternet.Variant;
import org.fasternet.compute.Precision;
import org.fasternet.compute.Processor;
import org.fasternet.error.UnsupportedException;
import org.fasternet.internal.Resources;
import org.fasternet.layer.Activation;
import org.fasternet.layer.Conv;
import org.fasternet.layer.FasterNetConfig;
import org.fasternet.layer.NamedLayer;
import org.fasternet.schedule.Schedule;
import org.fasternet.schedule.Step;
import org.fasternet.tensor.Shape;
import org.fasternet.tensor.Tensor;
import org.fasternet.tools.Main;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The real cuDNN finalizes a plan for every convolution, for GPUs that are not there, and NVRTC compiles our kernels
 * for them. Runs where {@code native/verify} has put NVIDIA's libraries and a driver without a device on the library
 * path.
 */
@Tag("cuda-libraries")
class AheadPlansTest {
    @TempDir
    static Path folder;

    private static final Path DEVICES = Path.of("src/tools/resources/org/fasternet/tools/cli/devices");

    private static final Map<String, Integer> CAPABILITIES =
            Map.of("t4", 75, "a100", 80, "orin", 87, "l4", 89, "h100", 90, "rtx5090", 120);
    private static final List<String> DEVICE_NAMES = CAPABILITIES.keySet().stream().sorted().toList();

    @BeforeAll
    static void loadLibraries() {
        Cuda.loadLibraries();
    }

    @ParameterizedTest
    @EnumSource(Variant.class)
    void everyStepOfAVariantHasAPlan(Variant variant) {
        List<NamedLayer> layers = layers(variant.config());
        Precision.on(Processor.GPU).parallelStream()
                .forEach(precision -> plans("h100", precision, layers, new Shape(1, 3, 224, 224)));
    }

    /** Odd networks and sizes, each on one of the devices in one of its precisions, so that all pairs of these come several times. */
    @Test
    void oddNetworksHavePlans() {
        IntStream.range(0, 50).parallel().forEach(seed -> {
            Random random = new Random(seed);
            List<Integer> depths = IntStream.range(0, 1 + random.nextInt(3)).map(stage -> random.nextInt(3)).boxed().toList();
            FasterNetConfig config = new FasterNetConfig(
                    1 + random.nextInt(6), 8 + random.nextInt(90), depths, 2 + random.nextInt(4), 1 + random.nextInt(4),
                    1 + random.nextInt(300), random.nextInt(50), Activation.values()[random.nextInt(2)], random.nextBoolean(), true, false);
            String device = DEVICE_NAMES.get(seed % DEVICE_NAMES.size());
            List<Precision> precisions = Precision.on(Processor.GPU).stream()
                    .filter(precision -> CudnnBackend.refuses(precision, CAPABILITIES.get(device)).isEmpty()).toList();
            int side = 4 << depths.size();
            Shape src = new Shape(1 + random.nextInt(5), config.inChannels(), side + random.nextInt(200), side + random.nextInt(200));
            plans(device, precisions.get(seed / DEVICE_NAMES.size() % precisions.size()), layers(config), src);
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"t4", "a100", "l4", "orin", "rtx5090"})
    void aNetworkHasPlansOnEveryDevice(String device) {
        plans(device, Precision.F16, layers(Variant.T0.config()), new Shape(1, 3, 64, 64));
    }

    /** What the real cuDNN has written it takes back: it would be written anew otherwise. */
    @Test
    void plansAreReadBack(@TempDir Path plans) throws IOException {
        FasterNet network = FasterNet.random(Variant.T0, 1);
        SessionOptions options = SessionOptions.defaults().withPrecision(Precision.F16);
        String h100 = properties("h100");
        int steps = DevicePlans.make(network, options, h100, plans);
        Map<Path, FileTime> written = written(plans);
        assertTrue(steps > written.size() && written.size() > 10, steps + " steps, " + written.size() + " files");
        assertEquals(steps, DevicePlans.make(network, options, h100, plans));
        assertEquals(written, written(plans));
    }

    /** As the preset's redist artifacts bring NVIDIA's libraries; the driver's stays in the system. */
    @Test
    void librariesMayLieOnTheClassPath(@TempDir Path plans) throws Exception {
        Path driver = Path.of(System.getenv("LD_LIBRARY_PATH").split(":")[0]);
        // Not the tests' cache, where the loader's links to these libraries would be found by who is to find none.
        List<String> options = List.of("-Dorg.bytedeco.javacpp.cachedir=" + driver.resolveSibling("cache"));
        List<String> command = ForkedJvm.command(options, Main.class, "plan", "--device-properties", "h100", "--weights",
                "src/main/resources/org/fasternet/demo/model.safetensors", "--precision", "f16", "--output", plans.toString());
        String classPath = System.getProperty("java.class.path");
        command.set(command.indexOf(classPath), classPath + ":" + driver.resolveSibling("redist"));
        ForkedJvm.Result result = ForkedJvm.run(command, Map.of("LD_LIBRARY_PATH", driver.toString()));
        assertTrue(result.output().endsWith(": f16, batch 1: 20 steps of cuDNN's\n"), result.output());
    }

    private static Map<Path, FileTime> written(Path folder) throws IOException {
        Map<Path, FileTime> times = new TreeMap<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                times.put(file, Files.getLastModifiedTime(file));
            }
        }
        return times;
    }

    @Test
    void theConvolutionsComparedWithHavePlans() {
        FasterNetConfig odd = new FasterNetConfig(5, 13, List.of(1, 1), 4, 3, 17, 5, Activation.GELU, true, true, false);
        for (Precision precision : Precision.on(Processor.GPU)) {
            plans("h100", precision, layers(odd), new Shape(2, 5, 37, 29));
            for (int groups : new int[] {1, 4, 24}) {
                Tensor weights = new Tensor(new int[] {24, 24 / groups, 3, 3}, new float[24 * 24 / groups * 9]);
                List<NamedLayer> conv = List.of(new NamedLayer("conv", new Conv(weights, new float[24], groups)));
                Shape src = new Shape(1, 24, 14, 14);
                if (precision == Precision.BF16 && groups == 24) {
                    // cuDNN 9.19 has no depthwise convolution in bf16.
                    UnsupportedException refused =
                            assertThrows(UnsupportedException.class, () -> plans("h100", precision, conv, src));
                    assertTrue(refused.getMessage().startsWith("cuDNN has no engine for conv in bf16"), refused.getMessage());
                } else {
                    plans("h100", precision, conv, src);
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "kernels.cu, 75, 20, 10000", "dense.cu, 75, 5, 3000", "embed.cu, 80, 4, 3000", "mlp.cu, 80, 8, 10000", "peaks.cu, 75, 5, 5000"
    })
    void ourKernelsCompileForEveryArchitectureWithoutWarningsAndSpills(String source, int since, int kernels, int bytes) {
        for (int capability : IntStream.of(75, 80, 86, 89, 90, 100, 120).filter(each -> each >= since).toArray()) {
            CudaKernels.Compiled compiled = CudaKernels.compile(source, capability, "--ptxas-options=-v");
            byte[] cubin = compiled.cubin();
            assertTrue(cubin.length > bytes, capability + ": " + cubin.length + " bytes");
            assertEquals(0x7f, cubin[0], "an ELF file");
            List<String> spills = compiled.log().lines().filter(line -> line.contains("spill stores")).toList();
            assertTrue(spills.size() >= kernels, compiled.log());
            // An array that is indexed by what the compiler does not know lies in memory too.
            assertTrue(spills.stream().allMatch(line -> line.contains(" 0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads")),
                    spills::toString);
            assertEquals(List.of(), compiled.log().lines().filter(line -> line.contains("warning")).toList());
        }
    }

    private static String properties(String device) {
        try {
            return Files.readString(DEVICES.resolve(device + ".json"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<NamedLayer> layers(FasterNetConfig config) {
        return FasterNet.random(config, 1).layers();
    }

    private static void plans(String device, Precision precision, List<NamedLayer> layers, Shape src) {
        Schedule schedule = CudnnProgram.schedule(Specs.of(layers, src, precision, false));
        List<String> engines = new ArrayList<>();
        try (Resources resources = new Resources()) {
            DeviceProperties properties = DeviceProperties.parse(properties(device));
            assertEquals(CAPABILITIES.get(device), properties.capability());
            ConvPlans plans = ConvPlans.ahead(properties, resources, precision, new PlanCache(folder));
            for (Step step : schedule.steps()) {
                if (step instanceof Step.Conv conv && !Launches.isOurs(conv, precision, CAPABILITIES.get(device))) {
                    engines.add(conv.label() + " " + plans.plan(conv, Optional.empty()).engine());
                }
            }
        }
        System.out.println(device + " " + precision.id() + " " + src + ": " + String.join(", ", engines));
    }
}
