package org.fasternet.backend.cudnn;

import static org.bytedeco.cuda.global.cudart.*;
import static org.bytedeco.cuda.global.cudnn.cudnnGetErrorString;
import static org.bytedeco.cuda.global.cudnn.cudnnGetLastErrorString;
import static org.bytedeco.cuda.global.cudnn.cudnnGetVersion;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.cuda.global.cudnn;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.SizeTPointer;
import org.fasternet.error.NativeException;
import org.fasternet.error.UnsupportedException;
import org.fasternet.internal.Resources;
import org.fasternet.internal.abi.Abi;
import org.fasternet.internal.abi.NativeLibrary;
import org.fasternet.internal.abi.NativeMemory;

/** The loaded CUDA and cuDNN, the device, and how their status codes read. Every method may be called from any thread. */
final class Cuda {
    /** Plans are built with attributes that cuDNN 9.19, which the preset was made for, knows. */
    private static final long CUDNN_NEEDED = 9_01_00;

    private static final int CAPABILITY_NEEDED = 75;

    /** Windows does not say which library it did not find. */
    private static final Pattern MISSING_ON_WINDOWS =
            Pattern.compile("no jni(\\w+) in .*Can't find dependent libraries", Pattern.DOTALL);

    private static final Pattern MISSING = Pattern.compile("(lib([\\w-]+)\\.so[.\\d]*): cannot open shared object file");
    /** What a library is a part of, and the preset's artifact that brings it, by its name without the part of it. */
    private static final Map<String, String> OWNERS = Map.of(
            "cudart", "CUDA 13 or the artifact cuda-redist", "nvrtc", "CUDA 13 or the artifact cuda-redist",
            "cublas", "CUDA 13 or the artifact cuda-redist-cublas", "cudnn", "cuDNN 9 or the artifact cuda-redist-cudnn",
            "cuda", "driver 580+", "nvidia-ml", "driver 580+");

    private static final int MESSAGE_BYTES = 2048;

    /** Errors after which a process's context is of no use any more: CUDA runtime API, "CUDA Driver error numbers". */
    private static final Set<Integer> LOST = Set.of(cudaErrorECCUncorrectable, cudaErrorNvlinkUncorrectable, cudaErrorContained,
            cudaErrorIllegalAddress, cudaErrorLaunchTimeout, cudaErrorContextIsDestroyed, cudaErrorAssert, cudaErrorHardwareStackError,
            cudaErrorIllegalInstruction, cudaErrorMisalignedAddress, cudaErrorInvalidAddressSpace, cudaErrorInvalidPc,
            cudaErrorLaunchFailure, cudaErrorTensorMemoryLeak, cudaErrorExternalDevice);

    private Cuda() {}

    /** Why there is no usable device, asked once; empty if there is one. */
    static Optional<String> unavailable() {
        return Loaded.FAILURE;
    }

    /** Loads the libraries, whether there is a device or not: plans can be made without one. NVRTC's is for who compiles. */
    static void loadLibraries() {
        readPreset();
        NativeLibrary.load(Abi.class);
        NativeLibrary.load(cudart.class);
        NativeLibrary.load(cudnn.class);
    }

    /** The preset's module is the application's to bring, so this one does not require it, but reads it where it is. */
    private static void readPreset() {
        Module own = Cuda.class.getModule();
        if (own.isNamed()) {
            own.getLayer().findModule("org.bytedeco.cuda").ifPresent(preset -> own.addReads(preset));
        }
    }

    static String version() {
        int[] runtime = new int[1];
        check(cudaRuntimeGetVersion(runtime), "ask the CUDA runtime for its version");
        return "cuDNN " + dotted(cudnnGetVersion()) + ", CUDA " + runtime[0] / 1000 + "." + runtime[0] % 1000 / 10;
    }

    /** Compute capability, 90 for 9.0. */
    static int capability(int device) {
        return 10 * attribute(cudaDevAttrComputeCapabilityMajor, device) + attribute(cudaDevAttrComputeCapabilityMinor, device);
    }

    /** As NVIDIA writes it, 9.0 for 90. */
    static String written(int capability) {
        return capability / 10 + "." + capability % 10;
    }

    /** Why no device of this compute capability can be used; empty if it can. */
    static Optional<String> tooOld(int capability) {
        return capability < CAPABILITY_NEEDED
                ? Optional.of("the NVIDIA GPU has compute capability " + written(capability) + ", and cuDNN 9 needs 7.5 or newer (Turing)")
                : Optional.empty();
    }

    static int multiprocessors(int device) {
        return attribute(cudaDevAttrMultiProcessorCount, device);
    }

    /** Of the second level, which is the last. */
    static int cacheBytes(int device) {
        return attribute(cudaDevAttrL2CacheSize, device);
    }

    static DeviceLimits limits(int device) {
        return new DeviceLimits(multiprocessors(device), attribute(cudaDevAttrMaxSharedMemoryPerBlockOptin, device),
                attribute(cudaDevAttrMaxSharedMemoryPerMultiprocessor, device));
    }

    /** How many the process may use. */
    static int devices() {
        int[] count = new int[1];
        check(cudaGetDeviceCount(count), "count the devices");
        return count[0];
    }

    /** @throws UnsupportedException if the process may use no device of this number */
    static void requireDevice(int device) {
        int count = devices();
        if (device < 0 || device >= count) {
            throw new UnsupportedException("device " + device + " was asked for, and this process may use "
                    + (count == 1 ? "one, device 0" : count + ", devices 0 to " + (count - 1))
                    + " (CUDA_VISIBLE_DEVICES chooses them)");
        }
    }

    /** Has the calling thread's CUDA calls go to a device. */
    static void use(int device) {
        int status = cudaSetDevice(device);
        if (status != 0) {
            // The sentence is made only now: every run comes by, and allocates nothing.
            check(status, "use device " + device);
        }
    }

    /** As {@link #use}, before what is released: that is tried on a lost device too, where it fails. */
    static void useForRelease(int device) {
        cudaSetDevice(device);
    }

    /** Zeroed device memory. */
    static Pointer allocate(Resources resources, long bytes, String what) {
        Pointer memory = allocate(Math.max(1, bytes), what);
        resources.add(memory, m -> cudaFree(m));
        fill(memory, 0, Math.max(1, bytes), what);
        return memory;
    }

    /** Sets every byte of device memory to one value. Waits for that: streams of ours do not wait for the default one, which does it. */
    static void fill(Pointer memory, int value, long bytes, String what) {
        check(cudaMemset(memory, value, bytes), "fill the memory for " + what);
        check(cudaStreamSynchronize(null), "fill the memory for " + what);
    }

    /** Device memory that the caller frees. */
    static Pointer allocate(long bytes, String what) {
        Pointer memory = new Pointer();
        int status = cudaMalloc(memory, bytes);
        check(status, "allocate " + bytes + " bytes of device memory for " + what
                + (status == cudaErrorMemoryAllocation ? ", " + free() + " are free" : ""));
        return memory;
    }

    /** @param free how many of the device's bytes nobody has */
    record Memory(long free, long all) {}

    /** Of the device that the thread uses. */
    static Memory memory() {
        try (Resources resources = new Resources()) {
            SizeTPointer bytes = new SizeTPointer(NativeMemory.allocate(resources, 2L * Long.BYTES));
            check(cudaMemGetInfo(bytes, bytes.getPointer(1)), "ask for the device's memory");
            return new Memory(bytes.get(0), bytes.get(1));
        }
    }

    private static String free() {
        try {
            Memory memory = memory();
            return memory.free() + " of its " + memory.all();
        } catch (NativeException e) {
            return "how many";
        }
    }

    /** Host memory that the device reads and writes itself. */
    static Pointer allocatePinned(Resources resources, long bytes, String what) {
        Pointer memory = new Pointer();
        check(cudaHostAlloc(memory, Math.max(1, bytes), 0), "allocate " + bytes + " bytes of pinned memory for " + what);
        return resources.add(memory, m -> cudaFreeHost(m));
    }

    static void check(int status, String action) {
        if (status != 0) {
            throw new NativeException("CUDA could not " + action + ": " + cudaGetErrorString(status).getString()
                    + " (error " + status + ")" + lost(status));
        }
    }

    static void checkCudnn(int status, String action) {
        if (status != 0) {
            throw new NativeException("cuDNN could not " + action + ": " + cudnnGetErrorString(status).getString() + lastMessage()
                    + lost(cudaPeekAtLastError()));
        }
    }

    /** A sentence after an error that every later call of the process meets again. */
    private static String lost(int status) {
        return LOST.contains(status)
                ? "; the device is lost to this process, for all its sessions: close them, and start the process anew" : "";
    }

    private static String lastMessage() {
        byte[] message = new byte[MESSAGE_BYTES];
        cudnnGetLastErrorString(message, MESSAGE_BYTES);
        int end = 0;
        while (end < MESSAGE_BYTES && message[end] != 0) {
            end++;
        }
        return end == 0 ? "" : " (" + new String(message, 0, end, StandardCharsets.UTF_8).strip() + ")";
    }

    /** Why a library could not be loaded, in as few words as can be. */
    static String notLoaded(NativeException failure) {
        return missing(failure.getMessage()).orElseGet(failure::getMessage);
    }

    /** Which library the loader did not find and whose it is, from its message. */
    static Optional<String> missing(String message) {
        Matcher onWindows = MISSING_ON_WINDOWS.matcher(message);
        if (onWindows.find()) {
            String owner = OWNERS.getOrDefault(onWindows.group(1), "NVIDIA");
            return Optional.of("no library that jni" + onWindows.group(1) + " needs (" + owner + ") in PATH or the system");
        }
        Matcher found = MISSING.matcher(message);
        if (!found.find()) {
            return Optional.empty();
        }
        String owner = OWNERS.getOrDefault(found.group(2).replaceAll("_.*|Lt$", ""), "NVIDIA");
        return Optional.of("no " + found.group(1) + " (" + owner + ") in LD_LIBRARY_PATH or the system");
    }

    private static int attribute(int attribute, int device) {
        int[] value = new int[1];
        check(cudaDeviceGetAttribute(value, attribute, device), "ask the device for an attribute");
        return value[0];
    }

    private static String dotted(long version) {
        return version / 10000 + "." + version / 100 % 100 + "." + version % 100;
    }

    /** In a class of its own, so that the first error is kept: later ones only say that a class did not initialise. */
    private static final class Loaded {
        static final Optional<String> FAILURE = load();

        private static Optional<String> load() {
            try {
                loadLibraries();
            } catch (NativeException e) {
                return Optional.of(notLoaded(e));
            }
            int[] driver = new int[1];
            cudaDriverGetVersion(driver);
            if (driver[0] < 13000) {
                return Optional.of(driver[0] == 0 ? "there is no NVIDIA driver"
                        : "the NVIDIA driver is for CUDA " + driver[0] / 1000 + "." + driver[0] % 1000 / 10
                                + ", and CUDA 13 is needed: driver 580 or newer");
            }
            int[] count = new int[1];
            int status = cudaGetDeviceCount(count);
            if (status != 0 || count[0] == 0) {
                return Optional.of("there is no NVIDIA GPU that this process may use"
                        + (status == 0 ? "" : ": " + cudaGetErrorString(status).getString()));
            }
            if (cudnnGetVersion() < CUDNN_NEEDED) {
                return Optional.of("cuDNN " + dotted(cudnnGetVersion()) + " was found, and " + dotted(CUDNN_NEEDED)
                        + " or newer is needed");
            }
            int newest = IntStream.range(0, count[0]).map(Cuda::capability).max().orElseThrow();
            return tooOld(newest);
        }
    }
}
