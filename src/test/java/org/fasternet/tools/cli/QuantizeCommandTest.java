package org.fasternet.tools.cli;

import static org.fasternet.TestFiles.resource;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;
import org.fasternet.DemoImages;
import org.fasternet.FasterNet;
import org.fasternet.array.Npy;
import org.fasternet.checkpoint.Checkpoint;
import org.fasternet.image.Image;
import org.fasternet.image.ImagePreprocessor;
import org.fasternet.tensor.DType;
import org.fasternet.tensor.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QuantizeCommandTest {
    private static final int IMAGES = 60;

    @TempDir
    private static Path shared;
    private static Path weights;
    private static Path images;
    private static Path list;
    private static Path data;

    @TempDir
    private Path folder;

    /** The model in the box as a file; some of its images in a folder for each class, in a list and as an array. */
    @BeforeAll
    static void files() throws IOException {
        weights = shared.resolve("demo.safetensors");
        Checkpoint demo = Checkpoint.demo();
        demo.write(weights, false, DType.F32);
        images = shared.resolve("images");
        ImagePreprocessor preprocessor = new ImagePreprocessor(demo.preprocessing());
        FloatBuffer normalised = FloatBuffer.allocate(IMAGES * 56 * 56);
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < IMAGES; i++) {
            Image image = DemoImages.images().get(i);
            int number = DemoImages.classes()[i];
            String label = demo.labels().get(number);
            // 'T-shirt/top' can be no folder's name: its number is.
            Path of = Files.createDirectories(images.resolve(label.contains("/") ? String.valueOf(number) : label));
            BufferedImage picture = new BufferedImage(image.width(), image.height(), BufferedImage.TYPE_BYTE_GRAY);
            picture.getRaster().setDataElements(0, 0, image.width(), image.height(), image.pixels());
            ImageIO.write(picture, "png", of.resolve(i + ".png").toFile());
            lines.add(i + ".png," + label);
            preprocessor.normalize(preprocessor.prepare(image), normalised);
        }
        list = Files.write(shared.resolve("truth.csv"), lines);
        data = shared.resolve("data.npy");
        Npy.write(data, new Tensor(new int[] {IMAGES, 1, 56, 56}, normalised.array()));
    }

    private Path quantized() {
        return folder.resolve("q.safetensors");
    }

    @Test
    void theReportSaysWhatWasLost() throws IOException {
        JsonNode said = Cli.json("quantize", "--json", "--weights", weights, "--images", images, "--truth", "folders",
                "--output", quantized(), "--calibrate", 20);
        assertEquals(Files.size(quantized()), said.get("bytes").longValue());
        assertEquals(20, said.get("quantization").get("images").intValue());
        assertEquals("mse", said.get("quantization").get("method").textValue());
        JsonNode report = said.get("report");
        assertEquals(40, report.get("images").intValue());
        assertEquals(40, report.get("cosines").size());
        assertTrue(report.get("leastCosine").doubleValue() > 0.99, report.toString());
        assertTrue(report.get("agreement").doubleValue() >= 0.95, report.toString());
        assertTrue(report.get("int8Accuracy").doubleValue() > 0.8, report.toString());
        assertEquals(5, report.get("worst").size());
        assertEquals(13, report.get("layers").size());
        String table = Cli.output("quantize", "--weights", weights, "--images", images, "--output", quantized());
        assertTrue(table.contains("SQNR dB") && table.contains("worst layers") && table.contains("same first class"), table);
    }

    /** The same images give the same file, whatever the truth is taken from and whether it is told at all. */
    @Test
    void whatIsWrittenDependsOnTheImagesAlone() throws IOException {
        Cli.output("quantize", "--weights", weights, "--images", images, "--output", quantized());
        byte[] first = Files.readAllBytes(quantized());
        Cli.output("quantize", "--weights", weights, "--images", images, "--truth", list, "--output", quantized());
        assertEquals(Arrays.hashCode(first), Arrays.hashCode(Files.readAllBytes(quantized())));
        JsonNode said = Cli.json("info", "--json", "--weights", quantized());
        assertEquals(30, said.get("model").get("quantization").get("images").intValue());
        assertTrue(Cli.output("info", "--weights", quantized()).contains("quantized      ranges by mse of 30 images, SHA-256"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"minmax", "percentile", "mse"})
    void arraysCalibrateToo(String ranges) throws IOException {
        Path classes = folder.resolve("classes.txt");
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < IMAGES; i++) {
            lines.add(String.valueOf(DemoImages.classes()[i]));
        }
        Files.write(classes, lines);
        JsonNode said = Cli.json("quantize", "--json", "--weights", weights, "--data", data, "--truth", classes, "--ranges", ranges,
                "--output", quantized());
        assertEquals(ranges, said.get("quantization").get("method").textValue());
        assertTrue(said.get("report").get("f32Accuracy").doubleValue() > 0.8, said.toString());
    }

    @Test
    void whatWasQuantizedRunsAndConverts() throws IOException {
        Cli.output("quantize", "--weights", weights, "--images", images, "--output", quantized());
        String said = Cli.output("classify", "--weights", quantized(), "--precision", "int8", resource("demo", "images"));
        for (String label : List.of("Bag", "Trouser", "Sandal")) {
            assertTrue(said.contains(label), said);
        }
        Path copy = folder.resolve("copy.safetensors");
        assertTrue(Cli.output("convert", "--weights", quantized(), "--output", copy).contains(", int8, folded, "));
        assertTrue(FasterNet.load(copy).quantization().isPresent());
        Path f32 = folder.resolve("f32.safetensors");
        assertTrue(Cli.output("convert", "--weights", quantized(), "--output", f32, "--dtype", "f32").contains(", f32, "));
        assertTrue(FasterNet.load(f32).quantization().isEmpty());
    }

    /** The model in the box needs no file for it. */
    @Test
    void theModelInTheBoxIsQuantizedToo() {
        assertTrue(Cli.output("classify", "--precision", "int8", resource("demo", "images")).contains("Ankle boot"));
        assertTrue(Cli.output("info", "--precision", "int8", "--plan").contains("int8"));
    }

    private void refused(int status, String sentence, Object... arguments) {
        List<Object> all = new ArrayList<>(List.of("quantize", "--weights", weights, "--output", quantized()));
        all.addAll(List.of(arguments));
        Cli cli = Cli.run(all.toArray());
        assertEquals(status, cli.status(), cli.err());
        assertTrue(cli.err().contains(sentence), cli.err());
        assertFalse(Files.exists(quantized()), "half-written");
    }

    @Test
    void whatCannotBeCalibratedIsRefused() throws IOException {
        Path empty = Files.createDirectories(folder.resolve("empty"));
        refused(1, "no image file is there", "--images", empty);
        Path broken = Files.createDirectories(folder.resolve("broken"));
        Files.writeString(broken.resolve("a.png"), "no picture");
        refused(1, "none of the 1 files to calibrate with could be read", "--images", broken);
        Path three = folder.resolve("three.npy");
        Npy.write(three, new Tensor(new int[] {1, 3, 56, 56}, new float[3 * 56 * 56]));
        refused(1, "has shape [1, 3, 56, 56], [N, 1, 56, 56] is expected", "--data", three);
        Path nan = folder.resolve("nan.npy");
        float[] values = new float[2 * 56 * 56];
        values[5] = Float.NaN;
        values[56 * 56 + 5] = Float.NaN;
        Npy.write(nan, new Tensor(new int[] {2, 1, 56, 56}, values));
        refused(1, "an image has the value NaN", "--data", nan);
        refused(1, "is neither one of 10 labels nor a class from 0 to 9", "--images", resource("demo", "images"), "--truth", "folders");
        refused(1, "is no line 'IMAGE,CLASS'", "--images", images, "--truth", Files.writeString(folder.resolve("t"), "nothing"));
        refused(1, "names none of the images", "--images", images, "--truth", Files.writeString(folder.resolve("t"), "x.png,1"));
        refused(1, "has 1 lines, 60 are expected", "--data", data, "--truth", Files.writeString(folder.resolve("t"), "1"));
        refused(1, "an array lies in no folder of its class", "--data", data, "--truth", "folders");
    }

    /** Quantizing of what is quantized, and over its own weights. */
    @Test
    void whatIsQuantizedStaysWhatItIs() {
        Path q = folder.resolve("done.safetensors");
        Cli.output("quantize", "--weights", weights, "--images", images, "--output", q);
        Cli again = Cli.run("quantize", "--weights", q, "--images", images, "--output", quantized());
        assertTrue(again.err().contains("is quantized already"), again.err());
        Cli over = Cli.run("quantize", "--weights", weights, "--images", images, "--output", weights);
        assertTrue(over.err().contains("is an input too"), over.err());
    }

    /** Calibrated by images nearly black, it cuts off what others have. */
    @Test
    void tooLargeADropWritesNothing() throws IOException {
        refused(1, "there is none beside those that calibrate", "--images", images.resolve("Bag").resolve(bag()), "--max-drop", "0");
        Cli.output("quantize", "--weights", weights, "--images", images, "--output", folder.resolve("ok"), "--max-drop", "50");
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < IMAGES; i++) {
            order.add(i);
        }
        Collections.shuffle(order, new Random(1));
        float[] values = Npy.read(data).data().clone();
        for (int image : order.subList(0, IMAGES / 2)) {
            for (int i = image * 56 * 56; i < (image + 1) * 56 * 56; i++) {
                values[i] *= 0.01f;
            }
        }
        Path dark = folder.resolve("dark.npy");
        Npy.write(dark, new Tensor(new int[] {IMAGES, 1, 56, 56}, values));
        refused(1, " % of 30 images, and --max-drop 3.0 wants 97.00 %: nothing was written", "--data", dark, "--max-drop", "3");
    }

    private static String bag() throws IOException {
        try (var files = Files.list(images.resolve("Bag"))) {
            return files.findFirst().orElseThrow().getFileName().toString();
        }
    }

    /** One file's failure is not the others', but is told. */
    @Test
    void aBrokenImageAmongOthersIsReported() throws IOException {
        Path mixed = Files.createDirectories(folder.resolve("mixed"));
        for (int i = 0; i < 4; i++) {
            Files.copy(images.resolve("Bag").resolve(bag()), mixed.resolve(i + ".png"));
        }
        Files.writeString(mixed.resolve("broken.png"), "no picture");
        Cli cli = Cli.run("quantize", "--weights", weights, "--images", mixed, "--output", quantized());
        assertEquals(1, cli.status());
        assertTrue(cli.err().contains("broken.png"), cli.err());
        assertTrue(Files.exists(quantized()));
    }
}
