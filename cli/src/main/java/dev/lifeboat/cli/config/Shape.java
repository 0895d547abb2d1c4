package dev.lifeboat.cli.config;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a configuration record expects: its keys in order.
 *
 * @param type the record
 */
record Shape(Class<?> type, List<Key> keys) {
  /** How the value of a key is written. */
  enum Form {
    SINGLE,
    LIST,
    MAP
  }

  /**
   * One key.
   *
   * @param value type of the value, or of the entries of a list or map
   * @param optional whether the record has an {@link Optional}
   */
  record Key(
      String name,
      RecordComponent component,
      Form form,
      Class<?> value,
      boolean optional,
      Doc doc) {
    boolean required() {
      return !optional && form == Form.SINGLE && doc.fallback().isEmpty() && doc.choice().isEmpty();
    }
  }

  static Shape of(Class<?> type) {
    List<Key> keys = new ArrayList<>();
    for (RecordComponent component : type.getRecordComponents()) {
      if (component.getType() != Place.class) {
        keys.add(key(component));
      }
    }
    return new Shape(type, keys);
  }

  private static Key key(RecordComponent component) {
    Doc doc = component.getAnnotation(Doc.class);
    if (doc == null) {
      throw new IllegalStateException(component + " has no @Doc");
    }
    Class<?> raw = component.getType();
    boolean optional = raw == Optional.class;
    Form form = raw == List.class ? Form.LIST : raw == Map.class ? Form.MAP : Form.SINGLE;
    Class<?> value = raw;
    if (component.getGenericType() instanceof ParameterizedType generic) {
      Type[] arguments = generic.getActualTypeArguments();
      value = (Class<?>) arguments[arguments.length - 1];
    }
    return new Key(Scalars.kebab(component.getName()), component, form, value, optional, doc);
  }
}
