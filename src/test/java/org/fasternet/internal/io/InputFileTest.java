package org.fasternet.internal.io;

import static org.fasternet.TestFiles.assertAbsenceIsNamed;
import static org.fasternet.TestFiles.refusal;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.EOFException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class InputFileTest {
    @TempDir
    Path folder;

    @Test
    void whatIsNoFileWithContentIsNotParsed() throws IOException {
        assertAbsenceIsNamed(folder, path -> InputFile.read(path, size -> size));
    }

    static Stream<Arguments> faults() {
        return Stream.of(
                Arguments.of(new MalformedException("is blue"), "is blue"),
                Arguments.of(new EOFException(), "ends early: it is truncated or damaged"),
                Arguments.of(new AccessDeniedException("/a/x"), "cannot be read: permission denied"),
                Arguments.of(new FileSystemException("/a/x", null, "Input/output error"), "cannot be read: Input/output error"),
                Arguments.of(new IOException("Is a directory"), "cannot be read: Is a directory"),
                Arguments.of(new IOException(), "cannot be read: the system gives no reason"));
    }

    @ParameterizedTest
    @MethodSource("faults")
    void everyFaultIsOneSentence(IOException fault, String sentence) throws IOException {
        Path file = Files.writeString(folder.resolve("x"), "content");
        assertEquals(sentence, refusal(file, path -> InputFile.read(path, size -> {
            throw fault;
        })));
    }
}
