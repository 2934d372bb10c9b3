/** FasterNet and its kernels on the CPU: see {@link org.fasternet}. */
module org.fasternet {
    requires com.fasterxml.jackson.databind;
    requires static info.picocli; // the command line alone
    requires java.desktop;
    requires static me.tongfei.progressbar; // likewise
    requires org.bytedeco.dnnl;
    requires org.bytedeco.javacpp;

    exports org.fasternet;
    exports org.fasternet.checkpoint;
    exports org.fasternet.image;
    exports org.fasternet.layer;
    exports org.fasternet.tensor;

    opens org.fasternet.cli to
            info.picocli;
}
