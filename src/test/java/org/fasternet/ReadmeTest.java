package org.fasternet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.bytedeco.javacpp.annotation.Platform;
import org.bytedeco.javacpp.annotation.Properties;
import org.fasternet.internal.abi.FasternetPreset;
import org.fasternet.layer.Activation;
import org.fasternet.layer.NaiveLayers;
import org.fasternet.layer.NamedLayer;
import org.fasternet.layer.PartialConv;
import org.fasternet.layer.PatchConv;
import org.fasternet.layer.Pointwise;
import org.fasternet.layer.Pool;
import org.fasternet.tensor.Shape;
import org.fasternet.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's complete programs, compiled and run as they stand there. */
class ReadmeTest {
    @TempDir
    private Path folder;

    @Test
    void theClassifierKnowsABag() throws Exception {
        String output = run("Hello", "src/test/resources/demo/images/bag.png");
        assertEquals(3, output.lines().count(), output);
        assertTrue(output.lines().findFirst().orElseThrow().contains("Bag"), output);
    }

    @Test
    void theKernelProgramRunsInPlace() throws Exception {
        String output = run("PartialConvolution");
        assertTrue(output.contains("PartialConv"), output);
        assertTrue(output.lines().noneMatch(line -> line.contains("ref:")), output);
    }

    @Test
    void theNetworkOfOnesOwnComputesWhatItsLayersDo() throws Exception {
        Shape src = new Shape(1, 8, 16, 16);
        List<NamedLayer> chain = List.of(
                new NamedLayer("mix", new PartialConv(8, tensor(2, 2, 3, 3))),
                new NamedLayer("merge", new PatchConv(tensor(16, 8, 2, 2), new float[16])),
                new NamedLayer("act", new Pointwise(tensor(16, 16), new float[16], Optional.of(Activation.GELU), false)),
                new NamedLayer("pool", new Pool()));
        double[] input = TestData.nchw(tensor(src.elements()).data(), src);
        double expected = NaiveLayers.run(chain, src, input, null).get(0)[5];
        assertEquals(expected, Double.parseDouble(run("OwnNetwork").strip()), 1e-5 * Math.abs(expected));
    }

    @Test
    void theQuantizedProgramKnowsATrouser() throws Exception {
        String images = "src/test/resources/demo/images/";
        String output = run("Quantize", images + "trouser.png", images + "bag.png", images + "dress.png", images + "sneaker.png");
        assertTrue(output.contains("Trouser"), output);
    }

    private static Tensor tensor(int... shape) {
        float[] values = new float[Tensor.elements(shape)];
        for (int i = 0; i < values.length; i++) {
            values[i] = i % 7 * 0.1f - 0.3f;
        }
        return new Tensor(shape, values);
    }

    /** The three guides send nobody to a file that has moved. */
    @Test
    void everyPathNamedIsThere() throws Exception {
        String readme = Files.readString(Path.of("README.md"));
        List<String> paths = Pattern.compile("[`(]((?:src|cpp|native)/[^`)\\s]*)[`)]").matcher(readme).results()
                .map(match -> match.group(1)).toList();
        assertTrue(paths.size() > 30, paths::toString);
        assertEquals(List.of(), paths.stream().filter(path -> !Files.exists(Path.of(path))).toList());
        String guides = readme.substring(readme.indexOf("### Adding a kernel"), readme.indexOf("`mvn verify` alone"));
        for (String guide : guides.split("### ")) {
            assertTrue(guide.lines().filter(line -> !line.isBlank()).count() <= 11, guide); // the title and ten lines
        }
    }

    /** It is compiled, and asked over HTTP, by native/packagings. */
    @Test
    void theServiceIsTheOneThatIsTried() throws IOException {
        String source = Files.readString(Path.of("src/packagings/spring-boot/src/main/java/example/ClassifyApplication.java"));
        String readme = Files.readString(Path.of("README.md"));
        assertTrue(readme.contains("```java\n" + source.substring(source.indexOf("@RestController")) + "```"));
    }

    /** What is built apart is of the same version, and has the same of what both have. */
    @Test
    void buildsOfTheirOwnHaveTheLibrarysVersion() throws IOException {
        String ours = Files.readString(Path.of("pom.xml"));
        String spark = Files.readString(Path.of("src/spark/pom.xml"));
        Matcher version = Pattern.compile("<version>(.*)</version>").matcher(ours);
        assertTrue(version.find() && spark.contains("<artifactId>fasternet-spark</artifactId>\n  <version>" + version.group(1) + "<"));
        for (String artifact : List.of("picocli", "junit-bom")) {
            Matcher used = Pattern.compile("<artifactId>" + artifact + "</artifactId>\\s*<version>(.*)</version>").matcher(ours);
            assertTrue(used.find() && spark.contains("<version>" + used.group(1) + "</version>"), artifact);
        }
    }

    /** The POM of every platform names the version and the platforms that there are. */
    @Test
    void thePlatformsAreThoseOfThePreset() throws IOException {
        String pom = Files.readString(Path.of("src/platform/pom.xml"));
        String ours = Files.readString(Path.of("pom.xml"));
        Matcher version = Pattern.compile("<version>(.*)</version>").matcher(ours);
        assertTrue(version.find() && pom.contains("<version>" + version.group(1) + "</version>"), version.group(1));
        Matcher dnnl = Pattern.compile("<javacpp.version>([^<]*)<.*<dnnl.version>([^<]*)\\$\\{javacpp.version}<", Pattern.DOTALL).matcher(ours);
        assertTrue(dnnl.find() && pom.contains("<dnnl.version>" + dnnl.group(2) + dnnl.group(1) + "<"), "oneDNN's version");
        Set<String> named = new TreeSet<>();
        Pattern.compile("<classifier>\\$\\{native\\.(.*)}</classifier>").matcher(pom).results().forEach(found -> named.add(found.group(1)));
        Platform preset = FasternetPreset.class.getAnnotation(Properties.class).value()[0];
        assertEquals(new TreeSet<>(Set.of(preset.value())), named);
        for (String platform : named) {
            assertTrue(pom.contains("<native.%1$s>%1$s</native.%1$s>".formatted(platform)), platform);
            assertTrue(ours.contains("<classifier>" + platform + "</classifier></artifact>"), platform);
        }
    }

    private String run(String name, String... arguments) throws Exception {
        String block = "```java\n((?:import [^\n]*\n|\n)+public class " + name + " \\{\n.*?\n\\}\n)```";
        Matcher program = Pattern.compile(block, Pattern.DOTALL).matcher(Files.readString(Path.of("README.md")));
        assertTrue(program.find(), name + " is not in the README");
        Path source = Files.writeString(folder.resolve(name + ".java"), program.group(1));
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        assumeTrue(compiler != null, "this Java has no compiler");
        int failed = compiler.run(null, null, null, "-d", folder.toString(),
                "-cp", System.getProperty("java.class.path"), source.toString());
        assertEquals(0, failed, "javac");
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        PrintStream stdout = System.out;
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
        try (URLClassLoader loader = new URLClassLoader(new URL[] {folder.toUri().toURL()})) {
            loader.loadClass(name).getMethod("main", String[].class).invoke(null, (Object) arguments);
        } finally {
            System.setOut(stdout);
        }
        return printed.toString(StandardCharsets.UTF_8);
    }
}
