package org.fasternet.backend.cudnn;

import static org.bytedeco.cuda.global.cudart.cudaGraphDestroy;
import static org.bytedeco.cuda.global.cudart.cudaGraphExecDestroy;
import static org.bytedeco.cuda.global.cudart.cudaGraphGetNodes;
import static org.bytedeco.cuda.global.cudart.cudaGraphInstantiate;
import static org.bytedeco.cuda.global.cudart.cudaGraphLaunch;
import static org.bytedeco.cuda.global.cudart.cudaStreamBeginCapture;
import static org.bytedeco.cuda.global.cudart.cudaStreamCaptureModeThreadLocal;
import static org.bytedeco.cuda.global.cudart.cudaStreamCreateWithFlags;
import static org.bytedeco.cuda.global.cudart.cudaStreamDestroy;
import static org.bytedeco.cuda.global.cudart.cudaStreamEndCapture;
import static org.bytedeco.cuda.global.cudart.cudaStreamNonBlocking;
import static org.bytedeco.cuda.global.cudart.cudaStreamSynchronize;

import org.bytedeco.cuda.cudart.CUgraphExec_st;
import org.bytedeco.cuda.cudart.CUgraphNode_st;
import org.bytedeco.cuda.cudart.CUgraph_st;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.javacpp.SizeTPointer;
import org.fasternet.internal.Resources;
import org.fasternet.internal.abi.NativeMemory;

/** A stream of the device that the thread uses, and graphs of what was put on it. For one thread at a time. */
final class CudaStream {
    /** A launch of a graph takes longer than many a kernel in it. */
    static final int TRIAL_COPIES = 20;
    private static final int TRIAL_ROUNDS = 5;

    private final CUstream_st stream = new CUstream_st();
    private boolean early;

    /** @param owner destroys it */
    CudaStream(Resources owner) {
        Cuda.check(cudaStreamCreateWithFlags(stream, cudaStreamNonBlocking), "create a stream");
        owner.add(stream, s -> cudaStreamDestroy(s));
    }

    CUstream_st handle() {
        return stream;
    }

    /** Whether kernels of ours begin while the kernel before them still runs, and wait for it by themselves. */
    boolean early() {
        return early;
    }

    /** Does {@code work}, whose kernels of ours are launched early: see {@code wait_for_kernel_before} in {@code device.cuh}. */
    void early(Runnable work) {
        early = true;
        try {
            work.run();
        } finally {
            early = false;
        }
    }

    /** @param action what is waited for, as of an error: one of the device's comes with the wait */
    void await(String action) {
        Cuda.check(cudaStreamSynchronize(stream), action);
    }

    /** Launches a graph and waits for it. */
    void replay(CUgraphExec_st graph, String what) {
        int status = cudaGraphLaunch(graph, stream);
        if (status != 0) {
            // The sentence is made only now: every run comes by, and allocates nothing.
            Cuda.check(status, "launch " + what);
        }
        status = cudaStreamSynchronize(stream);
        if (status != 0) {
            Cuda.check(status, "run " + what);
        }
    }

    /**
     * A graph of what {@code work} puts on the stream.
     *
     * @param owner destroys it
     */
    CUgraphExec_st record(Resources owner, Runnable work) {
        try (Resources temporary = new Resources()) {
            CUgraph_st recorded = capture(temporary, work);
            CUgraphExec_st made = new CUgraphExec_st();
            Cuda.check(cudaGraphInstantiate(made, recorded, 0), "make a graph");
            return owner.add(made, g -> cudaGraphExecDestroy(g));
        }
    }

    /** How many kernels {@code work} puts on the stream, with fills and copies, of which each is a launch too. */
    int kernels(Runnable work) {
        try (Resources temporary = new Resources()) {
            CUgraph_st recorded = capture(temporary, work);
            SizeTPointer count = new SizeTPointer(NativeMemory.allocate(temporary, Long.BYTES));
            Cuda.check(cudaGraphGetNodes(recorded, (CUgraphNode_st) null, count), "count a graph's nodes");
            return (int) count.get();
        }
    }

    private CUgraph_st capture(Resources owner, Runnable work) {
        Cuda.check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "begin to record");
        CUgraph_st recorded = owner.add(new CUgraph_st(), CudaStream::destroy);
        int ended;
        try {
            work.run();
        } finally {
            // Whatever has failed, the stream must leave the capture; what failed says more than this.
            ended = cudaStreamEndCapture(stream, recorded);
        }
        Cuda.check(ended, "record");
        return recorded;
    }

    private static void destroy(CUgraph_st graph) {
        if (!graph.isNull()) {
            cudaGraphDestroy(graph);
        }
    }

    /** Microseconds that a launch takes in a graph of {@code copies} of it: the least of some rounds. */
    double micros(Prepared.Launch launch, int copies) {
        launch.on(this);
        await("run a step");
        double least = Double.POSITIVE_INFINITY;
        try (Resources temporary = new Resources()) {
            CUgraphExec_st repeated = record(temporary, () -> {
                for (int copy = 0; copy < copies; copy++) {
                    launch.on(this);
                }
            });
            for (int round = 0; round < TRIAL_ROUNDS; round++) {
                long start = System.nanoTime();
                replay(repeated, "a step");
                least = Math.min(least, (System.nanoTime() - start) * 1e-3 / copies);
            }
        }
        return least;
    }
}
