import { Overview } from '@/overview/Overview';

export default function Page() {
  return <Overview />;
}
