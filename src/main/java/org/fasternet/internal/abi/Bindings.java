package org.fasternet.internal.abi;

import java.lang.reflect.InvocationTargetException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.fasternet.error.NativeException;
import org.fasternet.error.UnsupportedException;

/** The one place where it is chosen how native code is called. */
public final class Bindings {
    /** System property: {@code jni} or {@code ffm}; unset, java.lang.foreign is used where there is one. */
    public static final String PROPERTY = "fasternet.binding";

    private static Binding current;

    private static final AtomicBoolean LOADING_AHEAD = new AtomicBoolean();

    private Bindings() {}

    /**
     * The process's binding, chosen by the first call.
     *
     * @throws UnsupportedException if the one asked for cannot be had
     * @throws NativeException if the native library cannot be loaded
     */
    public static synchronized Binding current() {
        if (current == null) {
            current = choose(System.getProperty(PROPERTY));
        }
        return current;
    }

    /**
     * Begins to load, on a thread of its own, what the first session would wait for. A failure is told by who needs it, when
     * {@link #current} fails too. Does so once in a process.
     */
    public static void loadAhead() {
        if (LOADING_AHEAD.getAndSet(true)) {
            return;
        }
        Thread thread = new LoadAhead();
        thread.setDaemon(true);
        thread.start();
    }

    /** A class, since a process's first lambda takes 8 ms, for which this thread would not run yet. */
    private static final class LoadAhead extends Thread {
        private LoadAhead() {
            super("fasternet-load-ahead");
        }

        @Override
        public void run() {
            try {
                current();
                HostInfo.isas();
            } catch (RuntimeException | LinkageError e) {
                // Remembered by NativeLibrary.
            }
        }
    }

    private static Binding choose(String asked) {
        if (asked != null && !asked.equals(JniBinding.NAME) && !asked.equals("ffm")) {
            throw new UnsupportedException(PROPERTY + " is '" + asked + "': jni and ffm are known");
        }
        // A native image has no foreign functions but those that its builder was told of, and is told of JNI's.
        if (JniBinding.NAME.equals(asked) || asked == null && System.getProperty("org.graalvm.nativeimage.imagecode") != null) {
            return new JniBinding();
        }
        try {
            // Compiled for Java 22, into the part of the jar that older ones do not see.
            Class<?> foreign = Class.forName("org.fasternet.internal.abi.FfmBinding");
            return (Binding) foreign.getDeclaredConstructor().newInstance();
        } catch (ClassNotFoundException e) {
            if (asked == null) {
                return new JniBinding();
            }
            throw new UnsupportedException(PROPERTY
                    + "=ffm needs Java 22 or newer, at run time and when the jar is built; this is Java "
                    + Runtime.version().feature());
        } catch (InvocationTargetException e) {
            throw new NativeException("java.lang.foreign cannot be used: " + e.getCause().getMessage(), e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new NativeException("java.lang.foreign cannot be used: " + e, e);
        }
    }
}
