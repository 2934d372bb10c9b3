/** FasterNet and its kernels: see {@link org.fasternet}. */
module org.fasternet {
    requires com.google.gson;
    requires java.desktop;
    requires static jdk.jfr;
    requires org.bytedeco.dnnl;
    requires org.bytedeco.javacpp;

    exports org.fasternet;
    exports org.fasternet.array;
    exports org.fasternet.checkpoint;
    exports org.fasternet.compute;
    exports org.fasternet.error;
    exports org.fasternet.image;
    exports org.fasternet.layer;
    exports org.fasternet.onnx;
    exports org.fasternet.quantize;
    exports org.fasternet.tensor;

    exports org.fasternet.internal to
            org.fasternet.tools;
    exports org.fasternet.internal.io to
            org.fasternet.tools;
    exports org.fasternet.internal.abi.measure to
            org.fasternet.tools;
    exports org.fasternet.internal.platform to
            org.fasternet.linux.arm64,
            org.fasternet.linux.x86_64,
            org.fasternet.macosx.arm64,
            org.fasternet.macosx.x86_64,
            org.fasternet.windows.x86_64;

    uses org.fasternet.internal.platform.NativeCode;
}
