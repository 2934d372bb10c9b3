package org.fasternet.internal.abi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bytedeco.dnnl.global.dnnl;
import org.fasternet.ForkedJvm;
import org.fasternet.error.NativeException;
import org.fasternet.error.UnsupportedException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class NativeLibraryTest {
    private static final int NEXT = Abi.FN_ABI_VERSION + 1;

    /** Loads the library of the named class twice and prints both outcomes. */
    static final class Probe {
        public static void main(String[] args) throws ClassNotFoundException {
            Class<?> binding = Class.forName(args[0], false, Probe.class.getClassLoader());
            for (int attempt = 0; attempt < 2; attempt++) {
                try {
                    NativeLibrary.load(binding);
                    System.out.println("loaded");
                } catch (NativeException e) {
                    System.out.println(e.getMessage().replace('\n', ' '));
                }
            }
        }
    }

    private static List<String> probe(Class<?> binding, String... jvmOptions) throws Exception {
        ForkedJvm.Result result = ForkedJvm.run(List.of(), Map.of(), List.of(jvmOptions), Probe.class, binding.getName());
        assertEquals(0, result.status(), result.output());
        return result.output().lines().toList();
    }

    @Test
    void loadsOnceAndForAll() throws Exception {
        assertEquals(List.of("loaded", "loaded"), probe(Abi.class));
        NativeLibrary.load(Abi.class);
        assertEquals(Abi.FN_ABI_VERSION, Abi.fn_abi_version());
    }

    /** A library put before ours says that it is of another version. */
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "the library of another version is compiled by g++")
    @Test
    void anotherVersionOfTheInterfaceIsRefused(@TempDir Path folder) throws Exception {
        Path source = Files.writeString(folder.resolve("next.c"), "int fn_abi_version(void) { return " + NEXT + "; }");
        Path library = folder.resolve("libnext.so");
        int compiled = new ProcessBuilder("g++", "-shared", "-fPIC", "-x", "c", source.toString(), "-o", library.toString())
                .inheritIO().start().waitFor();
        assertEquals(0, compiled, "the compiler that built the library");
        ForkedJvm.Result result = ForkedJvm.run(
                List.of(), Map.of("LD_PRELOAD", library.toString()), List.of(), Probe.class, Abi.class.getName());
        List<String> lines = result.output().lines().toList();
        assertEquals(2, lines.size(), result.output());
        assertEquals(lines.get(0), lines.get(1));
        String refusal = "libfasternet has version " + NEXT + " of its interface, and these classes were built for version "
                + Abi.FN_ABI_VERSION + ": ";
        assertTrue(lines.get(0).startsWith(refusal), result.output());
    }

    @Test
    void aCacheThatCannotBeWrittenIsNamedBothTimes(@TempDir Path directory) throws Exception {
        // A path below a file can't be created by anyone, root included.
        String impossible = Files.createFile(directory.resolve("file")).resolve("below").toString();
        // oneDNN's, because it comes in a jar; ours need not be unpacked when it lies among the class files.
        List<String> lines = probe(dnnl.class,
                "-Dorg.bytedeco.javacpp.cachedir=" + impossible, "-Duser.home=" + impossible, "-Djava.io.tmpdir=" + impossible)
                .stream().filter(line -> !line.startsWith("WARNING: java.io.tmpdir")).toList(); // newer JVMs say so themselves
        assertEquals(2, lines.size(), lines::toString);
        assertEquals(lines.get(0), lines.get(1));
        String failure = "the native library of org.bytedeco.dnnl.global.dnnl cannot be loaded for platform ";
        assertTrue(lines.get(0).startsWith(failure), lines::toString);
        String remedy = "(no directory for the cache can be written: name one with -Dorg.bytedeco.javacpp.cachedir)";
        assertTrue(lines.get(0).endsWith(remedy), lines::toString);
    }

    @Test
    void aPlatformWithoutAJarIsNamed() throws Exception {
        List<String> lines = probe(Abi.class, "-Dorg.bytedeco.javacpp.platform=linux-arm64");
        assertEquals(2, lines.size(), lines::toString);
        assertTrue(lines.get(0).contains("linux-arm64"), lines::toString);
        String remedy = "(no jar on the class path has it for this platform: add the jar with that classifier)";
        assertTrue(lines.get(0).endsWith(remedy), lines::toString);
    }

    /** In the words of the dynamic linkers of glibc and musl. */
    @Test
    void aSystemThatIsTooOldOrAnotherIsTold() {
        String needed = "glibc 2.34 and the C++ library of GCC 11 are needed, or newer ones: Debian 12, Ubuntu 22.04, RHEL 9)";
        assertEquals(" (" + needed, NativeLibrary.remedies("/c/libfasternet.so: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.34'"
                + " not found (required by /c/libfasternet.so)"));
        assertEquals(" (" + needed, NativeLibrary.remedies("/lib/x86_64-linux-gnu/libstdc++.so.6: version `GLIBCXX_3.4.29' not found"
                + " (required by /c/libfasternet.so)"));
        assertEquals(" (this system has another C library than glibc, as Alpine's musl: " + needed, NativeLibrary.remedies(
                "Error loading shared library ld-linux-x86-64.so.2: No such file or directory (needed by /c/libfasternet.so)"));
        assertEquals("", NativeLibrary.remedies("something else"));
    }

    @Test
    void statusesBecomeExceptionsWithTheLibrarysSentence() {
        NativeLibrary.load(Abi.class);
        int[] isa = new int[1];
        UnsupportedException e = assertThrows(
                UnsupportedException.class, () -> NativeLibrary.check(Abi.fn_isa_select("sse9", isa)));
        assertTrue(e.getMessage().startsWith("there is no ISA \"sse9\", expected one of: portable"), e::getMessage);
        assertThrows(NativeException.class, () -> NativeLibrary.check(Abi.FN_INTERNAL));
        NativeLibrary.check(Abi.FN_OK);
    }
}
