package org.fasternet.internal.abi;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Loader;
import org.fasternet.error.NativeException;
import org.fasternet.error.UnsupportedException;

/**
 * Loads the native libraries behind JavaCPP's binding classes, and turns what native code reports into exceptions.
 *
 * <p>A library is looked for by JavaCPP, in this order:
 * <ol>
 *   <li>with {@code -Dorg.bytedeco.javacpp.pathsFirst=true}, the directories of {@code -Djava.library.path}: nothing is unpacked;
 *   <li>in the jars, by the platform ({@code linux-x86_64} here, {@code -Dorg.bytedeco.javacpp.platform} overrides it); what is
 *       found is unpacked to a cache, the first of these directories that can be used:
 *       {@code -Dorg.bytedeco.javacpp.cachedir}, {@code ~/.javacpp/cache}, {@code .javacpp-USER/cache} in
 *       {@code -Djava.io.tmpdir};
 *   <li>the directories of {@code -Djava.library.path}, by {@link System#loadLibrary}.
 * </ol>
 *
 * <p>All methods may be called from any thread.
 */
public final class NativeLibrary {
    private static final String SYSTEM = "glibc 2.34 and the C++ library of GCC 11 are needed, or newer ones: Debian 12, Ubuntu 22.04,"
            + " RHEL 9";

    /** What helps against a failure, by a part of the message that tells which failure it is. */
    private static final Map<String, String> REMEDIES = Map.of(
            "failed to map segment",
            "the cache is on a file system mounted noexec: name another with -Dorg.bytedeco.javacpp.cachedir",
            "Could not create the cache",
            "no directory for the cache can be written: name one with -Dorg.bytedeco.javacpp.cachedir",
            "GLIBC", SYSTEM, "ld-linux", "this system has another C library than glibc, as Alpine's musl: " + SYSTEM,
            "Could not find", "no jar on the class path has it for this platform: add the jar with that classifier");

    private static final Map<Class<?>, Optional<NativeException>> LOADED = new ConcurrentHashMap<>();

    private NativeLibrary() {}

    /**
     * Loads the library behind a binding class, once; to be called before any other use of the class.
     *
     * @throws NativeException if it cannot be loaded, or is libfasternet of another version; each time with the first failure's
     *     reason, which the JVM itself forgets
     */
    public static void load(Class<?> binding) {
        Optional<NativeException> failure = LOADED.computeIfAbsent(binding, NativeLibrary::initialise);
        if (failure.isPresent()) {
            throw new NativeException(failure.get().getMessage(), failure.get().getCause());
        }
    }

    private static Optional<NativeException> initialise(Class<?> binding) {
        try {
            Class.forName(binding.getName(), true, binding.getClassLoader());
            return binding == Abi.class ? otherVersion(Abi.fn_abi_version()) : Optional.empty();
        } catch (ClassNotFoundException | LinkageError e) {
            return Optional.of(new NativeException(explain(binding, e), e));
        }
    }

    private static Optional<NativeException> otherVersion(int found) {
        return found == Abi.FN_ABI_VERSION
                ? Optional.empty()
                : Optional.of(new NativeException("libfasternet has version " + found
                        + " of its interface, and these classes were built for version " + Abi.FN_ABI_VERSION
                        + ": the library of another fasternet is found first, on the class path, in java.library.path or in"
                        + " LD_LIBRARY_PATH"));
    }

    private static String explain(Class<?> binding, Throwable failure) {
        Set<String> tried = new LinkedHashSet<>();
        for (Throwable t = failure; t != null; t = t.getCause()) {
            tried.add(String.valueOf(t.getMessage()));
        }
        String reasons = String.join("; ", tried);
        StringBuilder message = new StringBuilder("the native library of ").append(binding.getName())
                .append(" cannot be loaded for platform ").append(Loader.getPlatform())
                .append(", cache directory ").append(cacheDirectory())
                .append(": ").append(reasons);
        return message.append(remedies(reasons)).toString();
    }

    /** What would help, each in brackets. */
    static String remedies(String reasons) {
        StringBuilder remedies = new StringBuilder();
        REMEDIES.forEach((symptom, remedy) -> {
            if (reasons.contains(symptom)) {
                remedies.append(" (").append(remedy).append(')');
            }
        });
        return remedies.toString();
    }

    private static String cacheDirectory() {
        try {
            return Loader.getCacheDir().toString();
        } catch (IOException e) {
            return "none";
        }
    }

    /**
     * Does nothing if a function of the C interface succeeded; to be called on the thread that called it.
     *
     * @throws UnsupportedException for {@code FN_UNSUPPORTED}
     * @throws NativeException for every other failure
     */
    public static void check(int status) {
        if (status == Abi.FN_OK) {
            return;
        }
        String message = string(Abi.fn_last_error());
        throw status == Abi.FN_UNSUPPORTED ? new UnsupportedException(message) : new NativeException(message);
    }

    /** A C string of the library's; null for NULL. */
    public static String string(BytePointer pointer) {
        return pointer == null ? null : pointer.getString(StandardCharsets.UTF_8);
    }
}
