package io.chapar.broker.metadata.quorum;

import org.apache.ratis.conf.Parameters;
import org.apache.ratis.netty.NettyFactory;
import org.apache.ratis.netty.server.NettyRpcService;
import org.apache.ratis.protocol.AdminAsynchronousProtocol;
import org.apache.ratis.protocol.AdminProtocol;
import org.apache.ratis.protocol.RaftClientAsynchronousProtocol;
import org.apache.ratis.protocol.RaftClientProtocol;
import org.apache.ratis.rpc.RpcType;
import org.apache.ratis.server.RaftServer;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Set;

/// The library's port with nothing at it but what voters say to each other. The library serves its clients there as
/// well, and whoever manages its groups, and asks nobody who it is: one stray write would be an entry that no voter can
/// take, one word would delete the log. Chapar asks for all of that within the process.
///
/// Made by the library, by its name.
public final class VotersAlone implements RpcType {
    private static final Set<Class<?>> OF_OTHERS = Set.of(RaftClientProtocol.class,
            RaftClientAsynchronousProtocol.class, AdminProtocol.class, AdminAsynchronousProtocol.class);

    @Override
    public String name() {
        return VotersAlone.class.getName();
    }

    @Override
    public NettyFactory newFactory(Parameters parameters) {
        return new NettyFactory(parameters) {
            @Override
            public NettyRpcService newRaftServerRpc(RaftServer server) {
                return super.newRaftServerRpc(forVoters(server));
            }
        };
    }

    private static RaftServer forVoters(RaftServer server) {
        return (RaftServer) Proxy.newProxyInstance(VotersAlone.class.getClassLoader(),
                new Class<?>[] {RaftServer.class}, (_, method, arguments) -> call(server, method, arguments));
    }

    private static Object call(RaftServer server, Method method, Object[] arguments) throws Throwable {
        if (OF_OTHERS.contains(method.getDeclaringClass())) {
            throw new IOException(method.getName() + " is not served at the port of the metadata quorum");
        }
        try {
            return method.invoke(server, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
}
