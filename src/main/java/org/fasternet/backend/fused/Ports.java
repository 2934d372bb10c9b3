package org.fasternet.backend.fused;

import java.util.Map;
import java.util.Objects;
import org.fasternet.compute.ElementType;
import org.fasternet.internal.abi.Abi;
import org.fasternet.schedule.Layout;
import org.fasternet.schedule.ProgramSpec;

/**
 * What a packed model knows of the caller's memory, layouts by the engine's numbers.
 *
 * @param src layout of the source; a network with a layer for 8-bit pixels can read those too
 * @param channels of the source
 * @param dst layout of the result; feature maps are f32 NCHW always
 * @param inPlace whether the result replaces the source
 */
record Ports(int src, int channels, int dst, boolean inPlace) {
    /** The engine's numbers of layouts with channels last, by what it can read. */
    private static final Map<ElementType, Integer> LAYOUTS = Map.of(
            ElementType.F32, Abi.FN_NHWC_F32, ElementType.BF16, Abi.FN_NHWC_BF16, ElementType.U8, Abi.FN_NHWC_U8);

    // Written out, not the record's own: see LoadedClassesTest.
    @Override
    public boolean equals(Object other) {
        return other instanceof Ports ports
                && src == ports.src && channels == ports.channels && dst == ports.dst && inPlace == ports.inPlace;
    }

    @Override
    public int hashCode() {
        return Objects.hash(src, channels, dst, inPlace);
    }

    static Ports of(ProgramSpec spec) {
        int src = spec.network().pixelLayer().isPresent() ? Abi.FN_NCHW_F32 : src(spec);
        return new Ports(src, spec.src().c(), channelsLast(spec.dstType()), spec.inPlace());
    }

    /** What a program reads. */
    static int src(ProgramSpec spec) {
        boolean planes = spec.srcType() == ElementType.F32 && spec.srcLayout().equals(Layout.nchw(spec.src()));
        return planes ? Abi.FN_NCHW_F32 : channelsLast(spec.srcType());
    }

    /** What the engine's first convolution can read, beside 8-bit pixels. */
    boolean readsF32() {
        return src == Abi.FN_NCHW_F32 || src == Abi.FN_NHWC_F32;
    }

    private static int channelsLast(ElementType type) {
        return LAYOUTS.get(type);
    }
}
