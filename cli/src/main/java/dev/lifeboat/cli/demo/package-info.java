/**
 * A small company, its nights, its disaster and its return: what {@code lifeboat demo} shows. Every
 * step is a command that anybody can type; the comparison at the end trusts none of them.
 */
@NullMarked
package dev.lifeboat.cli.demo;

import org.jspecify.annotations.NullMarked;
