package org.fasternet.tools.cli;

import static org.fasternet.TestFiles.resource;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClassifyCommandTest {
    private static final Path IMAGES = resource("demo", "images");

    @TempDir
    Path folder;

    /** The images are named by their class. */
    @Test
    void theModelInTheBoxKnowsItsImages() {
        List<String> lines = Cli.output("classify", IMAGES).lines().toList();
        assertEquals(11, lines.size());
        assertEquals(
                List.of("image", "decode ms", "classify ms", "probability", "label"), List.of(lines.get(0).trim().split("  +")));
        for (String line : lines.subList(1, lines.size())) {
            String[] cells = line.split("  +");
            assertTrue(Float.parseFloat(cells[1]) > 0 && Float.parseFloat(cells[2]) > 0, line);
            assertTrue(cells[3].matches("\\d+\\.\\d %"), line);
            assertEquals(IMAGES.resolve(fileName(cells[4])).toString(), cells[0]);
        }
    }

    private static String fileName(String label) {
        return label.toLowerCase(Locale.ROOT).replaceAll("\\W", "-") + ".png";
    }

    @Test
    void jsonHasTheSame() throws IOException {
        JsonNode root = Cli.json("classify", "--json", "--top", 3, "--threads", 1, IMAGES.resolve("bag.png"));
        assertEquals("fused", root.get("backend").textValue());
        assertEquals(1, root.get("threads").intValue());
        assertEquals("f32", root.get("precision").textValue());
        JsonNode image = root.get("images").get(0);
        assertEquals(IMAGES.resolve("bag.png").toString(), image.get("file").textValue());
        assertTrue(image.get("decodeMilliseconds").isNumber() && image.get("classifyMilliseconds").isNumber());
        assertEquals(3, image.get("predictions").size());
        JsonNode best = image.get("predictions").get(0);
        assertEquals("Bag", best.get("label").textValue());
        assertEquals(8, best.get("index").intValue());
        assertTrue(best.get("probability").floatValue() > 0.9);
        assertTrue(best.get("probability").floatValue() > image.get("predictions").get(1).get("probability").floatValue());
    }

    @Test
    void aDirectoryMeansAllImagesBelowItAndAPatternWhatMatches() throws IOException {
        Path below = Files.createDirectories(folder.resolve("a").resolve("b"));
        for (Path file : List.of(below.resolve("2.PNG"), folder.resolve("1.png"), below.resolve("3.png"))) {
            Files.copy(IMAGES.resolve("bag.png"), file);
        }
        Files.writeString(folder.resolve("notes.txt"), "no image");
        assertEquals(List.of("1.png", "a/b/2.PNG", "a/b/3.png"), classified(folder));
        assertEquals(List.of("1.png"), classified(folder + "/*.png"));
        // On Windows .PNG is .png.
        assertEquals(OS.WINDOWS.isCurrentOs() ? List.of("a/b/2.PNG", "a/b/3.png") : List.of("a/b/3.png"),
                classified(folder + "/**/*.png"));
        assertEquals(List.of("a/b/2.PNG", "a/b/3.png"), classified(folder + "/?/b/[23]*"));
        assertEquals(List.of("1.png"), classified(folder + "//*.png"));
    }

    /** Followed like the folder itself; below it links are not, or this one would lead in circles. */
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "links need a privilege there")
    @Test
    void aLinkToAFolderIsSearched() throws IOException {
        Path real = Files.createDirectory(folder.resolve("real"));
        Files.copy(IMAGES.resolve("bag.png"), real.resolve("1.png"));
        Files.createSymbolicLink(real.resolve("circle"), real);
        Path link = Files.createSymbolicLink(folder.resolve("link"), real);
        assertEquals(List.of("link/1.png"), classified(link));
        assertEquals(List.of("link/1.png"), classified(link + "/*.png"));
    }

    private List<String> classified(Object argument) throws IOException {
        return StreamSupport.stream(Cli.json("classify", "--json", argument).get("images").spliterator(), false)
                .map(image -> folder.relativize(Path.of(image.get("file").textValue())).toString().replace('\\', '/'))
                .toList();
    }

    @Test
    void oneUnreadableImageDoesNotKeepTheOthers() throws IOException {
        Path noImage = Files.writeString(folder.resolve("no.png"), "no image");
        Cli cli = Cli.run("classify", noImage, IMAGES.resolve("coat.png"), folder.resolve("missing.png"));
        assertEquals(1, cli.status());
        List<String> errors = cli.err().lines().toList();
        assertEquals(2, errors.size(), cli.err());
        assertTrue(errors.get(0).startsWith("fasternet: " + noImage + ": "), cli.err());
        assertTrue(errors.get(1).startsWith("fasternet: " + folder.resolve("missing.png") + ": no such file"), cli.err());
        assertTrue(cli.out().endsWith("  Coat\n"), cli.out());
    }

    @Test
    void jsonHoldsTheUnreadableImagesToo() throws IOException {
        Files.createDirectory(folder.resolve("empty"));
        Cli cli = Cli.run("classify", "--json", IMAGES.resolve("coat.png"), folder.resolve("empty"));
        assertEquals(1, cli.status());
        assertEquals(1, cli.err().lines().count(), cli.err());
        String empty = folder.resolve("empty").toString().replace("\\", "\\\\");
        assertTrue(cli.out().contains("\"error\" : \"" + empty + ": no image file is there\""), cli.out());
        assertTrue(cli.out().contains("\"label\" : \"Coat\""), cli.out());
    }

    /** In the order of the arguments, whatever the batch, with those that failed between them. */
    @ParameterizedTest
    @ValueSource(ints = {1, 3, 4, 20})
    void linesComeInOrder(int batch) throws IOException {
        Path noImage = Files.writeString(folder.resolve("no.png"), "no image");
        List<String> names = List.of("bag", "coat", "dress", "no", "pullover", "sandal", "shirt", "no");
        Object[] files = names.stream()
                .map(name -> name.equals("no") ? noImage : IMAGES.resolve(name + ".png")).toArray();
        Cli json = Cli.run(arguments(files, "classify", "--json-lines", "--batch", batch));
        assertEquals(1, json.status());
        assertEquals(2, json.err().lines().count(), json.err());
        List<String> lines = json.out().lines().toList();
        assertEquals(names.size(), lines.size());
        Cli csv = Cli.run(arguments(files, "classify", "--csv", "--top", 2, "--batch", batch));
        assertEquals(1, csv.status());
        List<String> records = csv.out().lines().toList();
        assertEquals("file,rank,index,label,probability,decode_ms,classify_ms,error", records.get(0));
        int record = 1;
        for (int i = 0; i < names.size(); i++) {
            JsonNode line = new ObjectMapper().readTree(lines.get(i));
            assertEquals(files[i].toString(), line.get("file").textValue());
            if (names.get(i).equals("no")) {
                assertEquals(noImage + ": not a PNG, JPEG, GIF, BMP, WebP or TIFF image", line.get("error").textValue());
                assertEquals(noImage + ",,,,,,,\"" + noImage + ": not a PNG, JPEG, GIF, BMP, WebP or TIFF image\"",
                        records.get(record++));
            } else {
                String label = line.get("predictions").get(0).get("label").textValue();
                assertEquals(names.get(i), label.toLowerCase(Locale.ROOT).replaceAll("\\W", "-"));
                assertTrue(records.get(record++).startsWith(files[i] + ",1,"), records::toString);
                assertTrue(records.get(record++).startsWith(files[i] + ",2,"), records::toString);
            }
        }
        assertEquals(records.size(), record);
    }

    private static Object[] arguments(Object[] files, Object... command) {
        return Stream.concat(Stream.of(command), Stream.of(files)).toArray();
    }

    @Test
    void onlyOneKindOfOutputIsPrinted() {
        assertTrue(Cli.wrongUsage("classify", "--json", "--csv", IMAGES).contains("exclude each other"));
        assertTrue(Cli.wrongUsage("classify", "--json-lines", "--csv", IMAGES).contains("mutually exclusive"));
    }

    @Test
    void aTurnedPhotographIsToldOnceAndTurnedOnRequest() {
        Path turned = resource("orientation", "6.png");
        Path weights = resource("golden", "nano-relu", "official.pth");
        Cli told = Cli.run("classify", "--weights", weights, turned, turned, resource("orientation", "1.png"));
        assertEquals(0, told.status());
        assertEquals("fasternet: " + turned + ": its EXIF orientation is 6, and it is classified as it lies; --exif-rotate turns"
                + " such images upright\n", told.err());
        String probability = "\\d+\\.\\d %.*";
        assertEquals("", Cli.run("classify", "--weights", weights, "--exif-rotate", turned).err());
        assertTrue(Cli.output("classify", "--weights", weights, "--exif-rotate", turned).lines().toList().get(1)
                .matches(".*" + probability));
    }

    @Test
    void labelsCanBeRenamed() throws IOException {
        Path labels = Files.writeString(folder.resolve("labels.txt"), "a\nb\nc\nd\ne\nf\ng\nh\nTäschchen\nj\n\n");
        assertTrue(Cli.output("classify", "--labels", labels, IMAGES.resolve("bag.png")).endsWith("  Täschchen\n"));
        String json = Cli.output("classify", "--json", "--labels", labels, IMAGES.resolve("bag.png"));
        assertTrue(json.contains("T\\u00E4schchen"), json);
    }

    @Test
    void anotherModelIsUsedWithItsOwnSizeOrOneThatIsGiven() {
        Path weights = resource("golden", "nano-relu", "official.pth");
        Path image = resource("golden", "images", "chelsea.png");
        String top = Cli.output("classify", "--weights", weights, "--top", 2, image);
        assertEquals(3, top.lines().count(), top);
        assertTrue(top.contains("  class "), top);
        Stream.of("64", "64x96").forEach(size -> assertTrue(
                Cli.output("classify", "--weights", weights, "--size", size, image).contains("  class ")));
    }
}
