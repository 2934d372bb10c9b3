package org.fasternet.backend.cudnn;

import static org.bytedeco.cuda.global.cudart.cudaDeviceGetPCIBusId;
import static org.bytedeco.cuda.global.nvml.NVML_CLOCK_SM;
import static org.bytedeco.cuda.global.nvml.NVML_TEMPERATURE_GPU;
import static org.bytedeco.cuda.global.nvml.nvmlDeviceGetClockInfo;
import static org.bytedeco.cuda.global.nvml.nvmlDeviceGetHandleByPciBusId_v2;
import static org.bytedeco.cuda.global.nvml.nvmlDeviceGetPowerUsage;
import static org.bytedeco.cuda.global.nvml.nvmlDeviceGetTemperature;
import static org.bytedeco.cuda.global.nvml.nvmlErrorString;
import static org.bytedeco.cuda.global.nvml.nvmlInit_v2;
import static org.bytedeco.cuda.global.nvml.nvmlSystemGetDriverVersion;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToIntFunction;
import org.bytedeco.cuda.global.nvml;
import org.bytedeco.cuda.nvml.nvmlDevice_st;
import org.bytedeco.javacpp.BytePointer;
import org.fasternet.error.NativeException;
import org.fasternet.internal.Resources;
import org.fasternet.internal.abi.NativeLibrary;
import org.fasternet.internal.abi.NativeMemory;

/**
 * What a device is at the moment, as NVIDIA's management library reads it, which comes with the driver and not with CUDA: nothing
 * that computes needs it. Any thread may ask.
 */
final class Nvml {
    private static final int TEXT_BYTES = 96;

    private Nvml() {}

    /** Its clock, temperature and power; or why they cannot be read. */
    static String state(int device) {
        try {
            start();
            nvmlDevice_st handle = handle(device);
            List<String> words = new ArrayList<>();
            add(words, value -> nvmlDeviceGetClockInfo(handle, NVML_CLOCK_SM, value), 1, " MHz");
            add(words, value -> nvmlDeviceGetTemperature(handle, NVML_TEMPERATURE_GPU, value), 1, " C");
            add(words, value -> nvmlDeviceGetPowerUsage(handle, value), 1000, " W");
            return words.isEmpty() ? "not readable: the device tells nothing of itself" : String.join(", ", words);
        } catch (NativeException e) {
            return "not readable: " + Cuda.notLoaded(e);
        }
    }

    /** The driver's version; empty if it cannot be read. */
    static Optional<String> driver() {
        try {
            start();
            byte[] version = new byte[TEXT_BYTES];
            check(nvmlSystemGetDriverVersion(version, TEXT_BYTES), "tell the driver's version");
            return Optional.of(text(version));
        } catch (NativeException e) {
            return Optional.empty();
        }
    }

    private static void start() {
        NativeLibrary.load(nvml.class);
        check(Initialised.STATUS, "start");
    }

    /** What a device does not have, it does not tell. */
    private static void add(List<String> words, ToIntFunction<int[]> read, int unit, String suffix) {
        int[] value = new int[1];
        if (read.applyAsInt(value) == 0) {
            words.add(value[0] / unit + suffix);
        }
    }

    /** By its place on the bus: its number is CUDA's, which counts in an order of its own the devices that the process may use. */
    private static nvmlDevice_st handle(int device) {
        byte[] place = new byte[TEXT_BYTES];
        Cuda.check(cudaDeviceGetPCIBusId(place, TEXT_BYTES, device), "tell where a device is");
        try (Resources resources = new Resources()) {
            BytePointer text = new BytePointer(NativeMemory.allocate(resources, TEXT_BYTES)).put(place, 0, TEXT_BYTES);
            nvmlDevice_st handle = new nvmlDevice_st();
            check(nvmlDeviceGetHandleByPciBusId_v2(text, handle), "find the device at " + text(place));
            return handle;
        }
    }

    private static String text(byte[] terminated) {
        return new String(terminated, StandardCharsets.US_ASCII).replaceAll("\0.*", "");
    }

    private static void check(int status, String action) {
        if (status != 0) {
            throw new NativeException("NVML could not " + action + ": " + nvmlErrorString(status).getString());
        }
    }

    /** Once in a process, for as long as that lives. */
    private static final class Initialised {
        static final int STATUS = nvmlInit_v2();
    }
}
