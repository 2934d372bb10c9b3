package org.fasternet.backend.cudnn;

import java.util.List;
import java.util.Locale;
import org.fasternet.FasterNet;
import org.fasternet.Variant;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.compute.Precision;
import org.fasternet.schedule.TensorBuffer;
import org.fasternet.tensor.Shape;

/** What each step of a network takes on the card at hand, by itself: arguments VARIANT PRECISION BATCH, any number of times. */
public final class StepProfile {
    private static final int COPIES = 20;

    private StepProfile() {}

    public static void main(String[] args) {
        for (int i = 0; i + 2 < args.length; i += 3) {
            profile(Variant.valueOf(args[i]), Precision.parse(args[i + 1]), Integer.parseInt(args[i + 2]));
        }
    }

    private static void profile(Variant variant, Precision precision, int batch) {
        Shape src = new Shape(batch, 3, 224, 224);
        try (CudnnProgram program = CudnnProgram.compile(
                Specs.of(FasterNet.random(variant, 1).layers(), src, precision, false))) {
            List<TensorBuffer> slots = List.of(program.src(), program.dsts().get(0));
            for (int slot = 0; slot < slots.size(); slot++) {
                program.bindDevice(slot, new CudaMemory(0).allocate(slots.get(slot).bytes()));
            }
            program.run();
            double[] micros = program.stepMicros(COPIES);
            double sum = 0;
            for (double each : micros) {
                sum += each;
            }
            System.out.printf(Locale.ROOT, "%s %s batch %d: %d steps, %.1f us%n", variant, precision.id(), batch, micros.length, sum);
            for (int i = 0; i < micros.length; i++) {
                ExecutionPlan.Step step = program.plan().steps().get(i);
                // Blocks of a stage are alike: its first says enough.
                if (!step.label().matches("stages[.][0-9]+[.]blocks[.][1-9].*")) {
                    System.out.printf(Locale.ROOT, "  %8.2f us  %-18s %s %s to %s%n", micros[i], step.implementation(), step.label(),
                            step.src(), step.dst());
                }
            }
        }
    }
}
