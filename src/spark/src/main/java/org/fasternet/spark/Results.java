package org.fasternet.spark;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.fasternet.Description;
import org.fasternet.Prediction;

/** The columns of a result: the source's but the pictures, and ours. */
final class Results implements Serializable {
    private static final long serialVersionUID = 1;
    static final String LABEL = "label";
    static final String PROBABILITY = "probability";
    static final String FEATURES = "features";
    static final String REASON = "reason";

    private final int column;
    private final int[] kept;
    private final boolean features;
    private final StructType schema;

    /**
     * @throws IllegalArgumentException if the column of the pictures is missing or holds no bytes, or one of ours is there already
     */
    Results(StructType src, SparkOptions options) {
        List<String> names = Arrays.asList(src.fieldNames());
        int found = names.indexOf(options.column());
        if (found < 0) {
            throw new IllegalArgumentException("there is no column '" + options.column() + "' of pictures, only " + names);
        }
        StructField pictures = src.fields()[found];
        if (!pictures.dataType().equals(DataTypes.BinaryType)) {
            throw new IllegalArgumentException("the column '" + options.column() + "' is " + pictures.dataType().simpleString()
                    + ": pictures are binary, the bytes of a file");
        }
        features = options.embedding() != null;
        List<StructField> ours = ours(features);
        Set<String> taken = ours.stream().map(StructField::name).filter(names::contains).collect(Collectors.toSet());
        if (!taken.isEmpty()) {
            throw new IllegalArgumentException("there is a column " + taken + " already, which the result would have: rename it");
        }
        column = found;
        kept = IntStream.range(0, names.size()).filter(i -> i != found).toArray();
        StructType all = new StructType(IntStream.of(kept).mapToObj(i -> src.fields()[i]).toArray(StructField[]::new));
        for (StructField field : ours) {
            all = all.add(field);
        }
        schema = all;
    }

    private static List<StructField> ours(boolean features) {
        StructField label = DataTypes.createStructField(LABEL, DataTypes.StringType, true);
        StructField probability = DataTypes.createStructField(PROBABILITY, DataTypes.FloatType, true);
        StructField vector = DataTypes.createStructField(FEATURES, DataTypes.createArrayType(DataTypes.FloatType, false), true);
        StructField reason = DataTypes.createStructField(REASON, DataTypes.StringType, true);
        return features ? List.of(label, probability, vector, reason) : List.of(label, probability, reason);
    }

    /** Of the pictures, in the source. */
    int column() {
        return column;
    }

    StructType schema() {
        return schema;
    }

    Row of(Row src, Description description) {
        Prediction best = description.predictions().get(0);
        return row(src, best.label(), best.probability(), description.embedding(), null);
    }

    /** Of a picture that says nothing. */
    Row refused(Row src, String reason) {
        return row(src, null, null, null, reason);
    }

    private Row row(Row src, String label, Float probability, float[] embedding, String reason) {
        Object[] values = new Object[schema.size()];
        for (int i = 0; i < kept.length; i++) {
            values[i] = src.get(kept[i]);
        }
        int at = kept.length;
        values[at++] = label;
        values[at++] = probability;
        if (features) {
            values[at++] = embedding;
        }
        values[at] = reason;
        return RowFactory.create(values);
    }
}
