package org.fasternet;

import java.util.List;
import org.fasternet.backend.Backends;
import org.fasternet.compute.BackendInfo;
import org.fasternet.error.NativeException;
import org.fasternet.error.UnsupportedException;
import org.fasternet.internal.Version;
import org.fasternet.internal.abi.Bindings;

/** What this library is, and what it can compute with here. Any thread may ask. */
public final class Library {
    private Library() {}

    /** The version in the jar's manifest, or {@code unpackaged} when the classes are not in a jar. */
    public static String version() {
        return Version.library();
    }

    /**
     * How native code is called, for the life of the process: {@code jni}, or {@code ffm} for java.lang.foreign.
     *
     * @throws UnsupportedException if the system property {@code fasternet.binding} asks for one that cannot be had
     * @throws NativeException if the native library cannot be loaded
     */
    public static String binding() {
        return Bindings.current().name();
    }

    /** All back ends, usable here or not, in the order in which {@code auto} prefers them, and last the GPU's. */
    public static List<BackendInfo> backends() {
        return List.copyOf(Backends.all());
    }

    /**
     * The back end of that name, usable here or not.
     *
     * @param name as plans have it
     * @throws UnsupportedException if there is none
     */
    public static BackendInfo backend(String name) {
        return Backends.named(name);
    }
}
