package org.fasternet.image;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.util.stream.Stream;
import org.fasternet.error.InvalidFileException;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever the bytes, an image or the exception: a plain test run tries the seeds, {@code JAZZER_FUZZ=1} searches from them. */
class ImageFuzzTest {
    static Stream<Arguments> seeds() throws IOException {
        return TestImages.odd().stream().map(name -> Arguments.of((Object) TestImages.bytes("images/" + name)));
    }

    @MethodSource("seeds")
    @FuzzTest(maxDuration = "2m")
    void decode(byte[] file) {
        try {
            Image.decode(file, "some/file", 1);
        } catch (InvalidFileException e) {
            // What a file that is no image must give.
        }
    }
}
