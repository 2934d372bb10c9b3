package org.fasternet.backend.fused;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;
import org.fasternet.Golden;
import org.fasternet.compute.ElementType;
import org.fasternet.compute.Precision;
import org.fasternet.internal.abi.Bindings;
import org.fasternet.layer.FeatureTap;
import org.fasternet.layer.NamedLayer;
import org.fasternet.layer.Network;
import org.fasternet.layer.Pointwise;
import org.fasternet.schedule.Layout;
import org.fasternet.schedule.ProgramSpec;
import org.fasternet.tensor.Shape;
import org.fasternet.tensor.Tensor;
import org.junit.jupiter.api.Test;

class FusedProgramTest {
    /** A destination that the schedule does not have would be an address behind those that the engine is handed. */
    @Test
    void theLayersBehindTheLastTapWriteToNobodysMemory() {
        Shape src = new Shape(1, 1, 2, 1);
        Network network = Network.of(List.of(
                new NamedLayer("tap", new FeatureTap(new float[] {1}, new float[] {0})),
                new NamedLayer("behind", new Pointwise(
                        new Tensor(new int[] {1, 1}, new float[] {9}), new float[1], Optional.empty(), false))));
        try (FusedProgram program = FusedProgram.compile(new ProgramSpec(
                network, src, ElementType.F32, Layout.nhwc(src), ElementType.F32, false, Precision.F32, Optional.empty(), 1, 0, 0, false))) {
            assertEquals(1, program.dsts().size());
            FloatBuffer x = Golden.direct(3, 4);
            FloatBuffer tap = Golden.floats(2);
            program.bind(0, Bindings.current().address(x));
            program.bind(1, Bindings.current().address(tap));
            program.run();
            assertArrayEquals(new float[] {3, 4}, Golden.array(tap));
        }
    }
}
