package org.fasternet.gpu;

/** What is tried one after the other: a failure is printed, with where it was, and does not keep the rest from being tried. */
public final class Attempts {
    private static final int FRAMES = 4;

    private boolean failed;

    /** What it found, in words; or an exception. */
    public interface Attempt {
        String run() throws Exception;
    }

    public void attempt(String name, Attempt work) {
        try {
            System.out.println(name + ": " + work.run());
        } catch (Exception | Error e) {
            failed = true;
            System.out.println(name + ": FAILED " + e);
            StackTraceElement[] at = e.getStackTrace();
            for (int i = 0; i < Math.min(FRAMES, at.length); i++) {
                System.out.println("    " + at[i]);
            }
        }
    }

    public boolean failed() {
        return failed;
    }
}
