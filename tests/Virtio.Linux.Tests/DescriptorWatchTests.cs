using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Virtio.Linux.Tests;

[SupportedOSPlatform("linux")]
public sealed class DescriptorWatchTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _calls = new(0);

    public void Dispose() => _calls.Dispose();

    [Fact]
    public void A_descriptor_that_cannot_be_duplicated_is_an_input_output_error()
    {
        // No descriptor has this number: it is above the limit of every process.
        var handle = new SafeFileHandle(int.MaxValue, ownsHandle: false);
        var refusal = Assert.Throws<IOException>(() => DescriptorSocket.Of(handle));
        Assert.Contains("cannot be duplicated", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Whoever_wants_to_know_of_an_event_is_called_for_each_and_for_no_other()
    {
        using var first = new EventDescriptor();
        using var second = new EventDescriptor();
        using var watch = new DescriptorWatch("watch");
        watch.AddEvent(first.Handle, () => _calls.Release());
        watch.AddEvent(second.Handle, () => throw new InvalidOperationException("nothing happened there"));
        for (int i = 0; i < 1000; i++)
        {
            first.Add();
            Assert.True(_calls.Wait(Limit));
        }

        Assert.Equal(0, _calls.CurrentCount);
    }

    [Fact]
    public void Nobody_is_called_once_it_is_removed_and_its_descriptor_may_be_closed()
    {
        using var watch = new DescriptorWatch("watch");
        for (int i = 0; i < 1000; i++)
        {
            bool isRemoved = false;
            bool wasCalledLate = false;
            using var happening = new EventDescriptor();
            watch.AddEvent(happening.Handle, () => wasCalledLate |= Volatile.Read(ref isRemoved));
            happening.Add();
            watch.Remove(happening.Handle);
            Volatile.Write(ref isRemoved, true);
            happening.Add();
            Assert.False(wasCalledLate);
        }
    }

    [Fact]
    public void Who_is_called_may_remove_himself_and_others()
    {
        using var first = new EventDescriptor();
        using var second = new EventDescriptor();
        using var last = new EventDescriptor();
        using var watch = new DescriptorWatch("watch");
        watch.AddEvent(first.Handle, () =>
        {
            watch.Remove(first.Handle);
            watch.Remove(second.Handle);
            second.Add();
            _calls.Release();
        });
        watch.AddEvent(second.Handle, () => throw new InvalidOperationException("it was removed"));
        watch.AddEvent(last.Handle, () => _calls.Release());
        first.Add();
        Assert.True(_calls.Wait(Limit));
        last.Add();
        Assert.True(_calls.Wait(Limit));
    }

    [Fact]
    public void The_end_of_a_connection_is_told_once_and_what_came_before_it_is_left_alone()
    {
        (DescriptorSocket own, SafeFileHandle other) = DescriptorSocket.CreatePair();
        using DescriptorSocket kept = own;
        using var watch = new DescriptorWatch("watch");
        using (DescriptorSocket peer = DescriptorSocket.Of(other))
        {
            watch.AddEnd(kept.Handle, () => _calls.Release());
            peer.Send([1, 2, 3]);
        }

        Assert.True(_calls.Wait(Limit));
        byte[] bytes = new byte[3];
        Assert.True(kept.Receive(bytes, [], Limit, wait: false));
        Assert.Equal([1, 2, 3], bytes);
        Assert.Equal(0, _calls.CurrentCount);
    }

    [Fact]
    public void A_socket_that_has_something_to_read_is_told_until_it_is_read()
    {
        (DescriptorSocket own, SafeFileHandle other) = DescriptorSocket.CreatePair();
        using DescriptorSocket kept = own;
        using DescriptorSocket peer = DescriptorSocket.Of(other);
        using var watch = new DescriptorWatch("watch");
        watch.AddSocket(kept.Handle, () =>
        {
            kept.Receive(new byte[1], [], Limit, wait: false);
            _calls.Release();
        });
        peer.Send([1, 2, 3]);
        for (int i = 0; i < 3; i++)
            Assert.True(_calls.Wait(Limit));
    }

    [Fact]
    public void Descriptors_travel_with_the_bytes_they_were_sent_with()
    {
        (DescriptorSocket own, SafeFileHandle other) = DescriptorSocket.CreatePair();
        using DescriptorSocket kept = own;
        using DescriptorSocket peer = DescriptorSocket.Of(other);
        EventDescriptor[] sent = [.. Enumerable.Range(0, 8).Select(_ => new EventDescriptor())];
        kept.Send([1], [.. sent.Select(one => one.Handle)]);
        var received = new List<SafeFileHandle>();
        Assert.True(peer.Receive(new byte[1], received, Limit, wait: false));
        Assert.Equal(sent.Length, received.Count);
        for (int i = 0; i < sent.Length; i++)
        {
            RandomAccess.Write(received[i], BitConverter.GetBytes((ulong)i + 1), 0);
            Assert.Equal((ulong)i + 1, sent[i].Take());
            sent[i].Dispose();
            received[i].Dispose();
        }
    }
}
