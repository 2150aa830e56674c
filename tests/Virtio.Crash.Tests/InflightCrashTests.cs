using Virtio.Memory;
using Virtio.Queues;
using Virtio.VhostUser.Inflight;

namespace Virtio.Crash.Tests;

/// <summary>
/// A back-end that dies before any one of its stores to a ring or to the in-flight record, and a back-end that continues from what is
/// there.
/// </summary>
public sealed class InflightCrashTests
{
    private const int Requests = 40;

    public static TheoryData<bool, bool, int> Rings
    {
        get
        {
            var rings = new TheoryData<bool, bool, int>();
            foreach (bool inOrder in (bool[])[false, true])
            {
                foreach (int size in (int[])[1, 4, 8])
                    rings.Add(false, inOrder, size);
                foreach (int size in (int[])[1, 3, 4, 7])
                    rings.Add(true, inOrder, size);
            }

            return rings;
        }
    }

    [Theory]
    [MemberData(nameof(Rings))]
    public void Whichever_store_is_the_last_none_is_lost_and_none_done_again_that_the_driver_has_seen(bool packed, bool inOrder, int size)
    {
        for (int seed = 0; seed < 4; seed++)
        {
            for (int store = 0; Dies(new Trial(packed, inOrder, size, seed), store); store++)
                continue;
        }
    }

    [Theory]
    [MemberData(nameof(Rings))]
    public void One_that_dies_while_it_recovers_leaves_as_much_to_the_next(bool packed, bool inOrder, int size)
    {
        for (int store = 0; ; store++)
        {
            for (int second = 0; ; second++)
            {
                var trial = new Trial(packed, inOrder, size, seed: 9);
                if (!trial.Serve(store))
                    return;
                if (!trial.Recover(second))
                    break;
                trial.Finish();
            }
        }
    }

    private static bool Dies(Trial trial, int store)
    {
        bool died = trial.Serve(store);
        trial.Finish();
        return died;
    }

    /// <summary>A driver with its requests, and a sequence of devices.</summary>
    private sealed class Trial
    {
        private readonly GuestMemory _guest = GuestMemory.Allocate((0UL, 0x8000UL));
        private readonly GuestMemory _file = GuestMemory.Allocate((0UL, 0x1000UL));
        private readonly bool _packed;
        private readonly bool _inOrder;
        private readonly int _size;
        private readonly Random _random;
        private readonly Driver _driver;

        internal Trial(bool packed, bool inOrder, int size, int seed)
        {
            (_packed, _inOrder, _size) = (packed, inOrder, size);
            _random = new Random(seed);
            _driver = packed ? new PackedDriver(_guest, size, inOrder) : new SplitDriver(_guest, size, inOrder);
        }

        /// <summary>Serves until every request is completed or the device dies. Returns whether it died.</summary>
        internal bool Serve(int stores)
        {
            Death.After(stores);
            try
            {
                Run(Begin());
                return false;
            }
            catch (Death)
            {
                Meanwhile();
                return true;
            }
        }

        /// <summary>Recovers the requests in flight. Returns whether the device died meanwhile.</summary>
        internal bool Recover(int stores)
        {
            Death.After(stores);
            try
            {
                Begin();
                return false;
            }
            catch (Death)
            {
                return true;
            }
        }

        internal void Finish()
        {
            Death.Never();
            Run(Begin());
            Assert.Equal(Enumerable.Range(1, Requests), _driver.Done.Order());
        }

        // The driver does not know that the device is dead: it collects used requests and offers more.
        private void Meanwhile()
        {
            if (_random.Next(2) == 0)
                return;
            _driver.Collect();
            Offer();
        }

        private Virtqueue Begin()
        {
            var config = new QueueConfig
            {
                Size = (uint)_size,
                DescriptorArea = Driver.Table,
                DriverArea = Driver.DriverArea,
                DeviceArea = Driver.DeviceArea,
                Features = VirtioFeatures.Version1 | (_packed ? VirtioFeatures.RingPacked : 0) | (_inOrder ? VirtioFeatures.InOrder : 0),
            };
            InflightRecord record = InflightRecord.Of(_file, 0, config, _guest)!;
            (QueueState state, IReadOnlyList<UnfinishedChain> unfinished) = record.Recover(_driver.Hint);
            config = config with { State = state, Journal = record, Unfinished = unfinished };
            Assert.True(Virtqueue.TryCreate(config, _guest, () => { }, new ProcessSignal(), out Virtqueue? queue));
            queue!.BindToCurrentThread();
            return queue;
        }

        private void Run(Virtqueue queue)
        {
            var held = new List<DescriptorChain>();
            int idle = 0;
            while (_driver.Done.Count < Requests)
            {
                Assert.True(idle++ < 100, "nothing happens any more");
                Offer();
                for (int take = _random.Next(_size + 1); take > 0 && queue.TryDequeue(out DescriptorChain chain); take--)
                {
                    int number = Driver.NumberOf(chain);
                    Assert.Contains(number, _driver.Numbers);
                    Assert.DoesNotContain(number, held.Select(Driver.NumberOf));
                    held.Add(chain);
                }

                Assert.False(queue.IsBroken);
                for (int give = _random.Next(held.Count + 1); give > 0; give--)
                {
                    int which = _random.Next(held.Count);
                    held[which].Complete();
                    held.RemoveAt(which);
                    idle = 0;
                }

                queue.Publish();
                if (_random.Next(3) > 0)
                    _driver.Collect();
            }

            Assert.Empty(held);
        }

        private void Offer()
        {
            while (_random.Next(4) > 0 && _driver.Offered < Requests && _driver.TryOffer(1 + _random.Next(Math.Min(3, _size))))
                continue;
        }
    }
}
