/** FasterNet and its kernels on the CPU: see {@link org.fasternet}. */
module org.fasternet {
    requires static ai.djl.api; // the benchmarks alone
    requires static ai.djl.pytorch_engine; // likewise
    requires com.fasterxml.jackson.databind;
    requires static com.microsoft.onnxruntime; // the benchmarks alone
    requires static info.picocli; // the command line alone
    requires java.desktop;
    requires static java.management; // the benchmarks alone
    requires static jdk.management; // likewise
    requires static jdk.unsupported; // likewise
    requires static me.tongfei.progressbar; // the command line alone
    requires static org.apache.commons.csv; // the benchmarks alone
    requires static org.bytedeco.cuda; // the back end cudnn alone
    requires org.bytedeco.dnnl;
    requires org.bytedeco.javacpp;

    exports org.fasternet;
    exports org.fasternet.checkpoint;
    exports org.fasternet.image;
    exports org.fasternet.layer;
    exports org.fasternet.tensor;

    opens org.fasternet.bench.report to
            com.fasterxml.jackson.databind;
    opens org.fasternet.cli to
            info.picocli;
    opens org.fasternet.cli.bench to
            info.picocli;
}
