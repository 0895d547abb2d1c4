package dev.lifeboat.sources.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import javax.net.SocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * Lets the JDBC driver, which knows TCP only, speak through the Unix socket named by its argument.
 * Made by the driver through reflection, hence public.
 */
public final class UnixSocketFactory extends SocketFactory {
  private final Path socket;

  /** A factory for connections to this one socket. */
  public UnixSocketFactory(String socket) {
    this.socket = Path.of(socket);
  }

  @Override
  public Socket createSocket() {
    return new UnixSocket(socket);
  }

  @Override
  public Socket createSocket(String host, int port) throws IOException {
    throw new IOException("connects to " + socket + " only");
  }

  @Override
  public Socket createSocket(String host, int port, InetAddress local, int localPort)
      throws IOException {
    throw new IOException("connects to " + socket + " only");
  }

  @Override
  public Socket createSocket(InetAddress host, int port) throws IOException {
    throw new IOException("connects to " + socket + " only");
  }

  @Override
  public Socket createSocket(InetAddress address, int port, InetAddress local, int localPort)
      throws IOException {
    throw new IOException("connects to " + socket + " only");
  }

  /** As much of a socket as the driver uses; time limits are not among what a channel can do. */
  private static final class UnixSocket extends Socket {
    private final Path socket;
    private @Nullable SocketChannel channel;

    UnixSocket(Path socket) {
      this.socket = socket;
    }

    @Override
    public void connect(SocketAddress ignored, int timeoutMillis) throws IOException {
      SocketChannel opened = SocketChannel.open(StandardProtocolFamily.UNIX);
      try {
        opened.connect(UnixDomainSocketAddress.of(socket));
      } catch (IOException e) {
        opened.close();
        throw e;
      }
      channel = opened;
    }

    private SocketChannel connected() throws IOException {
      SocketChannel current = channel;
      if (current == null) {
        throw new IOException("not connected to " + socket);
      }
      return current;
    }

    @Override
    public InputStream getInputStream() throws IOException {
      return Channels.newInputStream(connected());
    }

    @Override
    public OutputStream getOutputStream() throws IOException {
      return Channels.newOutputStream(connected());
    }

    @Override
    public boolean isConnected() {
      return channel != null;
    }

    @Override
    public boolean isClosed() {
      return channel != null && !channel.isOpen();
    }

    @Override
    public synchronized void close() throws IOException {
      if (channel != null) {
        channel.close();
      }
    }

    @Override
    public void setTcpNoDelay(boolean on) {}

    @Override
    public void setKeepAlive(boolean on) {}

    @Override
    public void setSoTimeout(int millis) {}

    @Override
    public int getSoTimeout() {
      return 0;
    }

    @Override
    public void setReceiveBufferSize(int bytes) {}

    @Override
    public int getReceiveBufferSize() {
      return 64 << 10;
    }

    @Override
    public void setSendBufferSize(int bytes) {}

    @Override
    public int getSendBufferSize() {
      return 64 << 10;
    }
  }
}
