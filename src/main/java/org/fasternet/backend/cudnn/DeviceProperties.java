package org.fasternet.backend.cudnn;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.fasternet.error.UnsupportedException;
import org.fasternet.internal.io.Json;
import org.fasternet.internal.io.MalformedException;

/**
 * What cuDNN has to know of a GPU to make plans for it.
 *
 * @param json as cuDNN writes and reads it
 * @param name as the driver says it
 * @param capability compute capability, 90 for 9.0
 * @param multiprocessors how many it has
 */
record DeviceProperties(String json, String name, int capability, int multiprocessors) {
    private static final int MOST_NESTED = 2;
    private static final String NAME = "deviceName";
    private static final String VERSION = "deviceVer";
    private static final String MULTIPROCESSORS = "multiProcessorCount";

    /** @throws UnsupportedException if it is no such JSON; cuDNN looks at the rest of it */
    static DeviceProperties parse(String json) {
        Map<?, ?> fields = fields(json);
        if (fields.get(NAME) instanceof String name && fields.get(VERSION) instanceof Long version && version > 0
                && fields.get(MULTIPROCESSORS) instanceof Long count && count > 0) {
            return new DeviceProperties(json, name, (int) (version / 10), (int) (long) count);
        }
        throw new UnsupportedException("the device's properties lack one of " + List.of(NAME, VERSION, MULTIPROCESSORS)
                + ": `fasternet info --device-properties` writes those of a GPU at hand");
    }

    private static Map<?, ?> fields(String json) {
        try {
            return Json.parse(json.getBytes(StandardCharsets.UTF_8), MOST_NESTED) instanceof Map<?, ?> map ? map : Map.of();
        } catch (MalformedException e) {
            throw new UnsupportedException("the device's properties are not valid JSON: " + e.getMessage());
        }
    }

    /** The device in words, as much of it as is told. */
    String describe() {
        Map<?, ?> fields = fields(json);
        List<String> words = new ArrayList<>(List.of(name, "sm_" + capability, multiprocessors + " multiprocessors"));
        number(fields, "smClockRateKHz").ifPresent(kilohertz -> words.add(kilohertz / 1000 + " MHz"));
        number(fields, "totalGlobalMem").ifPresent(bytes -> words.add((bytes >> 20) + " MiB"));
        number(fields, "memClockRateKHz").ifPresent(kilohertz -> words.add("memory at " + kilohertz / 1000 + " MHz"));
        number(fields, "driverVer").ifPresent(version -> words.add("driver for CUDA " + version / 1000 + "." + version % 1000 / 10));
        return String.join(", ", words);
    }

    private static OptionalLong number(Map<?, ?> fields, String name) {
        return fields.get(name) instanceof Long value ? OptionalLong.of(value) : OptionalLong.empty();
    }

    /**
     * What a plan depends on. Not the driver: what is compiled is machine code, so that plans made elsewhere fit, and cuDNN refuses
     * one that does not.
     */
    String identity() {
        return name + ", sm_" + capability + ", " + multiprocessors + " multiprocessors";
    }
}
