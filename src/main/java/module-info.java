/** FasterNet and its kernels on the CPU: see {@link org.fasternet}. */
module org.fasternet {
    requires org.bytedeco.javacpp;
    requires org.bytedeco.dnnl;
    requires com.fasterxml.jackson.databind;
    requires info.picocli;
    requires java.desktop;
    requires me.tongfei.progressbar;

    exports org.fasternet;
    exports org.fasternet.checkpoint;
    exports org.fasternet.tensor;

    opens org.fasternet.cli to info.picocli;
}
