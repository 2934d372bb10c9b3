package org.fasternet.backend.onednn;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SCRATCHPAD;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.dnnl_stream_create;
import static org.bytedeco.dnnl.global.dnnl.dnnl_stream_default_flags;
import static org.bytedeco.dnnl.global.dnnl.dnnl_stream_destroy;

import java.nio.ByteBuffer;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.dnnl.dnnl_memory;
import org.bytedeco.dnnl.dnnl_stream;
import org.bytedeco.javacpp.Pointer;
import org.fasternet.backend.onednn.PrimitiveFactory.Prepared;
import org.fasternet.backend.spi.Program;
import org.fasternet.compute.ExecutionPlan;
import org.fasternet.internal.Buffers;
import org.fasternet.internal.Resources;
import org.fasternet.internal.abi.NativeMemory;
import org.fasternet.internal.abi.Abi;
import org.fasternet.internal.abi.FnSequence;
import org.fasternet.internal.abi.JniBinding;
import org.fasternet.internal.abi.NativeLibrary;
import org.fasternet.schedule.ArenaPlan;
import org.fasternet.schedule.ProgramSpec;
import org.fasternet.schedule.Schedule;
import org.fasternet.schedule.Scheduler;
import org.fasternet.schedule.Step;
import org.fasternet.schedule.TensorBuffer;
import org.fasternet.schedule.View;

/** A schedule as oneDNN primitives and row copies on one arena. */
final class OneDnnProgram implements Program {
    private static final System.Logger LOG = System.getLogger(OneDnnProgram.class.getName());

    private final Resources resources;
    private final Schedule schedule;
    private final FnSequence sequence;
    private final ExecutionPlan plan;
    /** Where the sequence writes the times of steps; null unless they are taken. */
    private ByteBuffer times;

    private OneDnnProgram(Resources resources, Schedule schedule, FnSequence sequence, ExecutionPlan plan) {
        this.resources = resources;
        this.schedule = schedule;
        this.sequence = sequence;
        this.plan = plan;
    }

    static OneDnnProgram compile(ProgramSpec spec) {
        Schedule schedule = Scheduler.schedule(spec);
        Resources resources = new Resources();
        // oneDNN chooses blocking and scratchpads for the number of threads that it sees while a primitive is created.
        int before = Abi.fn_openmp_set_threads(spec.threads());
        try {
            return new Builder(spec, schedule, resources).build();
        } catch (Throwable failure) {
            Resources.closeAfter(failure, resources);
            throw failure;
        } finally {
            Abi.fn_openmp_set_threads(before);
        }
    }

    @Override
    public TensorBuffer src() {
        return schedule.src();
    }

    @Override
    public List<TensorBuffer> dsts() {
        return schedule.dsts();
    }

    @Override
    public ExecutionPlan plan() {
        return plan;
    }

    @Override
    public void bind(int slot, long address) {
        NativeLibrary.check(Abi.fn_sequence_bind(sequence, slot, address));
    }

    @Override
    public void run() {
        NativeLibrary.check(Abi.fn_sequence_run(sequence));
    }

    @Override
    public void profile(boolean on) {
        times = on ? Buffers.bytes((long) plan.steps().size() * Long.BYTES) : null;
        NativeLibrary.check(Abi.fn_sequence_profile(sequence, on ? 1 : 0));
    }

    @Override
    public List<ExecutionPlan.Time> stepTimes() {
        NativeLibrary.check(Abi.fn_sequence_step_times(sequence, Abi.fn_address_u8(times)));
        LongBuffer nanos = times.asLongBuffer();
        List<ExecutionPlan.Time> steps = new ArrayList<>();
        while (nanos.hasRemaining()) {
            steps.add(new ExecutionPlan.Time(nanos.get(), List.of()));
        }
        return steps;
    }

    @Override
    public void close() {
        resources.close();
    }

    /** Compiles one schedule: primitives first, since only they know their scratchpads, then the arena, then the arguments. */
    private static final class Builder {
        private final ProgramSpec spec;
        private final Schedule schedule;
        private final Resources resources;
        private final Descriptors descriptors;
        private final Memories memories;
        private final FnSequence sequence = new FnSequence();
        private final Map<View, dnnl_memory> views = new HashMap<>();
        private final List<TensorBuffer> external = new ArrayList<>();
        private final List<ExecutionPlan.Step> planned = new ArrayList<>();

        Builder(ProgramSpec spec, Schedule schedule, Resources resources) {
            this.spec = spec;
            this.schedule = schedule;
            this.resources = resources;
            this.descriptors = new Descriptors(resources);
            external.add(schedule.src());
            external.addAll(schedule.dsts());
            dnnl_stream stream = new dnnl_stream();
            OneDnn.check(dnnl_stream_create(stream, OneDnn.engine(), dnnl_stream_default_flags), "create a stream");
            resources.add(stream, s -> dnnl_stream_destroy(s));
            this.memories = new Memories(resources, descriptors, stream);
            // The arena's slot comes after the caller's.
            NativeLibrary.check(Abi.fn_sequence_create(spec.threads(), external.size() + 1, stream, sequence));
            resources.add(sequence, s -> Abi.fn_sequence_destroy(s));
        }

        OneDnnProgram build() {
            PrimitiveFactory factory = new PrimitiveFactory(resources, descriptors, memories, spec.computeType());
            List<Prepared> prepared = new ArrayList<>();
            for (Step step : schedule.steps()) {
                prepared.add(RowCopy.fits(step) ? null : factory.prepare(step));
            }
            ArenaPlan arenaPlan = ArenaPlan.of(lifetimes(prepared));
            Pointer arena = NativeMemory.allocate(resources, arenaPlan.bytes());
            NativeLibrary.check(Abi.fn_sequence_bind(sequence, arenaSlot(), arena.address()));
            for (int i = 0; i < prepared.size(); i++) {
                Step step = schedule.steps().get(i);
                if (prepared.get(i) == null) {
                    addCopy((Step.Copy) step, arenaPlan);
                } else {
                    addPrimitive(step, prepared.get(i), arena, arenaPlan, schedule.buffers().size() + i);
                }
            }
            warnOfReference();
            return new OneDnnProgram(resources, schedule, sequence, new ExecutionPlan("onednn", OneDnn.isaName(), JniBinding.NAME,
                    spec.precision(), spec.threads(), arenaPlan.bytes(), memories.constantBytes(), planned));
        }

        /** One entry per buffer, then one per step for its scratchpad. */
        private List<ArenaPlan.Block> lifetimes(List<Prepared> prepared) {
            List<ArenaPlan.Block> blocks = new ArrayList<>(schedule.lifetimes());
            for (int i = 0; i < prepared.size(); i++) {
                Prepared step = prepared.get(i);
                blocks.add(new ArenaPlan.Block(step == null ? 0 : Memories.bytes(step.scratchpad()), i, i));
            }
            return blocks;
        }

        private void addCopy(Step.Copy copy, ArenaPlan arenaPlan) {
            RowCopy rows = RowCopy.of(copy);
            NativeLibrary.check(Abi.fn_sequence_add_copy(
                    sequence,
                    slot(copy.src().buffer()),
                    base(copy.src().buffer(), arenaPlan) + copy.src().offset(),
                    rows.srcStride(),
                    slot(copy.dst().buffer()),
                    base(copy.dst().buffer(), arenaPlan) + copy.dst().offset(),
                    rows.dstStride(),
                    rows.rows(),
                    rows.rowBytes()));
            plan(copy, RowCopy.NAME);
        }

        private void addPrimitive(Step step, Prepared prepared, Pointer arena, ArenaPlan arenaPlan, int scratchpadBlock) {
            Map<Integer, dnnl_memory> arguments = new LinkedHashMap<>(prepared.constants());
            arguments.put(DNNL_ARG_SRC, memory(step.src(), arena, arenaPlan));
            arguments.put(DNNL_ARG_DST, memory(step.dst(), arena, arenaPlan));
            if (Memories.bytes(prepared.scratchpad()) > 0) {
                Pointer scratchpad = arena.getPointer(arenaPlan.offsets().get(scratchpadBlock));
                arguments.put(DNNL_ARG_SCRATCHPAD, memories.at(prepared.scratchpad(), scratchpad));
            }
            NativeLibrary.check(Abi.fn_sequence_add_primitive(
                    sequence, prepared.primitive(), memories.arguments(arguments), arguments.size()));
            plan(step, prepared.implementation());
        }

        private dnnl_memory memory(View view, Pointer arena, ArenaPlan arenaPlan) {
            return views.computeIfAbsent(view, v -> {
                TensorBuffer buffer = v.buffer();
                if (!buffer.external()) {
                    return memories.at(descriptors.of(v), arena.getPointer(base(buffer, arenaPlan)));
                }
                dnnl_memory memory = memories.at(descriptors.of(v), null);
                NativeLibrary.check(Abi.fn_sequence_attach(sequence, slot(buffer), memory));
                return memory;
            });
        }

        private int arenaSlot() {
            return external.size();
        }

        private int slot(TensorBuffer buffer) {
            return buffer.external() ? external.indexOf(buffer) : arenaSlot();
        }

        /** Bytes from a slot's address to the buffer's first element. */
        private static long base(TensorBuffer buffer, ArenaPlan arenaPlan) {
            return buffer.external() ? 0 : arenaPlan.offsets().get(buffer.id());
        }

        private void plan(Step step, String implementation) {
            planned.add(new ExecutionPlan.Step(
                    step.label(), implementation, step.src().shape(), step.dst().shape(), step.multiplyAdds(), 0));
        }

        private void warnOfReference() {
            planned.stream().filter(ExecutionPlan.Step::isReference).findFirst().ifPresent(step -> LOG.log(
                    System.Logger.Level.WARNING,
                    "oneDNN has only its slow reference implementation ({0}) for {1}, {2} to {3}",
                    step.implementation(), step.label(), step.src(), step.dst()));
        }
    }
}
